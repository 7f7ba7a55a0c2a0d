//! The end of a store: the last commit, the exports beside it, letting go; and verification.
//!
//! Beside the store `close` writes `files_summary/<name>.json` (the metadata in its two routed sections) and copies the
//! visualisation files `visu*` of the directory to `stream_cache/<name>/`, where `<name>` is the store's name without
//! `.zarr`.

use std::sync::{Arc, PoisonError};

use serde_json::Value as Json;

use super::archive::METADATA;
use super::base::{Base, Found, Leaf};
use super::decode::Limits;
use super::group_record;
use super::node::{Node, Opened};
use super::record::{self, Record};
use super::staged::Overlay;
use super::{Writer, ZarrStore};
use crate::backend::{Finding, Object};
use crate::error::{Result, err};
use crate::fs;
use crate::key::Key;
use crate::op::Op;
use crate::options::Sync;

/// A verification under way.
struct Checking<'o> {
    op: &'o Op,
    repair: bool,
    findings: Vec<Finding>,
    /// Nodes that were checked, of those that are known so far.
    done: u64,
    known: u64,
}

/// The largest visualisation file that is copied.
const VISU: u64 = 1 << 32;

impl ZarrStore {
    pub(super) fn finish(&self, op: &Op, writer: &mut Writer, document: &Object, summary: &Object) -> Result<()> {
        if writer.lock.is_none() {
            return Ok(());
        }
        if !writer.compressed {
            self.commit_all(op, writer, document)?;
        }
        if self.export {
            self.write_exports(summary)?;
        }
        if writer.compressed && (writer.replaces || matches!(self.base(), Base::Dir(_))) {
            writer.retired.remove(&self.root, self.sync)?;
        }
        Ok(())
    }

    /// Lets go of everything; what was not committed is dropped, and a directory that no commit made real is removed.
    pub(super) fn release(&self, writer: &mut Writer) {
        self.waiting.clear();
        *self.overlay.write().unwrap_or_else(PoisonError::into_inner) = Overlay::default();
        *self.spill.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.base.write().unwrap_or_else(PoisonError::into_inner) = Base::Empty;
        let empty = writer.provisional && !writer.compressed && writer.lock.is_some();
        if empty && let Err(e) = fs::Retired::default().remove(&self.root, self.sync) {
            crate::config::log(crate::config::Level::Warn, e.message());
        }
        *writer = Writer::default();
    }

    fn write_exports(&self, summary: &Object) -> Result<()> {
        let parent = fs::parent(&self.root);
        let name = self.export_name()?;
        let mut all = Object::new();
        all.insert("name".into(), Json::String(name.clone()));
        all.extend(summary.iter().map(|(key, value)| (key.clone(), value.clone())));
        let text = serde_json::to_string_pretty(&all).map_err(|e| err!(Internal, "summary: {e}"))?;
        let summaries = parent.join("files_summary");
        fs::create_dirs(&summaries)?;
        // The summary repeats what the store holds, so it costs no sync.
        fs::publish_file(&summaries.join(format!("{name}.json")), format!("{text}\n").as_bytes(), Sync::None)?;
        let Base::Dir(root) = self.base() else { return Ok(()) };
        let dir = fs::Dir::open(&root)?;
        let cache = parent.join("stream_cache").join(&name);
        for (file, kind) in dir.entries()? {
            if kind == fs::EntryKind::File && file.to_ascii_lowercase().starts_with("visu") {
                fs::create_dirs_durably(&cache, self.sync)?;
                fs::publish_file(&cache.join(&file), &dir.read(&file, VISU)?, self.sync)?;
            }
        }
        Ok(())
    }

    fn export_name(&self) -> Result<String> {
        let name = self.root.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| err!(Utf8, "{}: the name is no UTF-8", self.root.display()))?;
        Ok(name.strip_suffix(".zarr").filter(|name| !name.is_empty()).unwrap_or(name).to_owned())
    }

    pub(super) fn check_all(&self, op: &Op, repair: bool) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        if let Base::Archive(archive, _) = self.base() {
            for name in archive.names() {
                op.check()?;
                if let Err(e) = archive.read("", name, self.limits.decoded) {
                    findings.push(Finding { key: name.to_owned(), text: e.message().to_owned() });
                }
            }
            for key in archive.recorded().filter(|key| !key.is_empty()) {
                if let Err(e) = Key::parse(key).and_then(|key| self.with_node(&key, |_| Ok(()))) {
                    findings.push(Finding { key: key.to_owned(), text: e.message().to_owned() });
                }
            }
        }
        let mut checking = Checking { op, repair, findings, done: 0, known: 1 };
        self.check_below(&Key::root(), &mut checking)?;
        let mut findings = checking.findings;
        findings.dedup();
        Ok(findings)
    }

    fn check_below(&self, key: &Key, checking: &mut Checking<'_>) -> Result<()> {
        let Checking { op, repair, .. } = *checking;
        op.progress("verify", checking.done, checking.known)?;
        let checked = self.with_node(key, |found| match found {
            Found::Group(_) => Ok(true),
            Found::Leaf(leaf) => {
                leaf.scan(op, &mut |_, _| Ok(()))?;
                match &leaf {
                    Leaf::Own(node) => node.each_file(&mut |_, _| Ok(()))?,
                    Leaf::Foreign(foreign) => foreign.each_file(&mut |_, _| Ok(()))?,
                }
                Ok(false)
            }
        });
        match checked {
            Ok(true) => {
                let children = self.listed(key).unwrap_or_else(|e| {
                    checking.findings.push(Finding { key: key.as_str().to_owned(), text: e.message().to_owned() });
                    Vec::new()
                });
                checking.known += children.len() as u64;
                for child in children {
                    self.check_below(&key.child(&child.name)?, checking)?;
                }
            }
            Ok(false) if repair => self.record_again(op, key)?,
            Ok(false) => {}
            Err(e) if e.kind() == crate::ErrorKind::Cancelled => return Err(e),
            Err(e) => {
                let repaired = repair && self.record_again(op, key).is_ok();
                if !repaired {
                    checking.findings.push(Finding { key: key.as_str().to_owned(), text: e.message().to_owned() });
                }
            }
        }
        checking.done += 1;
        op.progress("verify", checking.done, checking.known)
    }

    /// Records the files of an array as they are now; `Corrupt` when they do not decode.
    fn record_again(&self, op: &Op, key: &Key) -> Result<()> {
        let Base::Dir(root) = self.base() else { return Ok(()) };
        if self.overlay().hides(key) {
            return Ok(());
        }
        let Some(files) = self.base().files(key)? else {
            // It is described and gone; the next commit describes what is there.
            return self.drop_consolidated();
        };
        let unchecked = Limits { check: false, ..self.limits };
        let publish = |record: &Record| {
            let dir = if key.is_root() { root.clone() } else { root.join(key.as_str()) };
            fs::publish_file(&dir.join(record::NAME), &record.to_bytes(), self.sync)
        };
        let Opened::Array(node) = Node::open(key.as_str(), files, unchecked)? else {
            return match self.base().find(key, unchecked)? {
                Some(Found::Group(attributes)) => {
                    let mut record = group_record::new(key.as_str(), &attributes.user);
                    if fs::Dir::open(&root)?.try_stat(METADATA)?.is_none() {
                        record.remove(METADATA);
                    }
                    publish(&record)
                }
                _ => Ok(()),
            };
        };
        let node = Arc::<Node>::from(node);
        Leaf::Own(node.clone()).scan(op, &mut |_, _| Ok(()))?;
        let mut record = Record::of(key.as_str());
        node.each_file(&mut |name, bytes| {
            record.insert(name, bytes);
            Ok(())
        })?;
        publish(&record)
    }
}
