//! A table that is read: the bytes of the file, what its columns are, and one decoded column at a time.
//!
//! Invariant: no panic and no unbounded memory, whatever the file holds. Texts are decoded as views, so that a dictionary
//! of one long text and a million rows costs the text once. The file is read as a whole and closed, so that it
//! may be replaced while a table is open.

use std::path::{Path, PathBuf};

use arrow_array::{ArrayRef, BooleanArray};
use bytes::Bytes;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::guard::{MAX_COLUMN, MAX_COLUMNS, MAX_FILE, MAX_ROWS, corrupt, guarded};
use super::stored::Stored;
use super::{arrowschema, checksum, decode, pages};
use crate::error::{Result, err};
use crate::fs;
use crate::options::Integrity;
use crate::schema::Scope;

/// The key-value metadata: the dataset that a table belongs to.
pub const ID_KEY: &str = "datastorage.dataset_id";
/// The key-value metadata: the version of the tables.
pub const VERSION_KEY: &str = "datastorage.version";
/// The version that is written.
pub const VERSION: &str = "1";
/// The metadata of a field: file-level or categorical.
pub const SCOPE_MARK: &str = "datastorage.scope";
/// The metadata of a field: its texts are JSON.
pub const JSON_MARK: &str = "datastorage.json";

/// What a cell takes, decoded; the text of one is in its pages.
const CELL: usize = 16;

/// The type of a column as it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// `Int64Array`.
    Int,
    /// `Float64Array`.
    Double,
    /// `BooleanArray`.
    Bool,
    /// `StringViewArray`.
    Text,
}

impl ColumnType {
    /// What the contents are called for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int64",
            Self::Double => "double",
            Self::Bool => "bool",
            Self::Text => "string",
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    /// `None` for a type that is not read; another tool may have written it.
    pub kind: Option<ColumnType>,
    /// Its texts are JSON.
    pub json: bool,
    /// `None` where nobody wrote it down.
    pub scope: Option<Scope>,
}

/// An open table.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    bytes: Bytes,
    metadata: ParquetMetaData,
    columns: Vec<Column>,
    /// How each column is stored; `None` for a type that is not read.
    stored: Vec<Option<Stored>>,
    rows: usize,
    /// Bytes of a column that is decoded, at most.
    most: u64,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// `NotFound`, `Permission`, `Io`; `Corrupt` when it is no table or not the bytes that were written; `Unsupported` for
    /// a table of a later version.
    pub fn open(path: &Path, integrity: Integrity) -> Result<Self> {
        let bytes = fs::ReadFile::open(path)?.read_all(MAX_FILE)?;
        Self::of_bytes(path, bytes, integrity)
    }

    pub(super) fn of_bytes(path: &Path, bytes: Vec<u8>, integrity: Integrity) -> Result<Self> {
        if integrity == Integrity::Check && !checksum::holds(&bytes) {
            return Err(corrupt(path, "the bytes are not what was written (checksum)"));
        }
        let bytes = Bytes::from(bytes);
        let (metadata, columns, stored) = guarded(path, || describe(&bytes))?;
        let rows = metadata.file_metadata().num_rows();
        let rows = u64::try_from(rows).ok().filter(|&rows| rows <= MAX_ROWS);
        let rows = rows.and_then(|rows| usize::try_from(rows).ok());
        let rows = rows.ok_or_else(|| corrupt(path, format_args!("more than {MAX_ROWS} rows")))?;
        let table = Self { path: path.to_owned(), bytes, metadata, columns, stored, rows, most: MAX_COLUMN };
        let groups = table.metadata.row_groups().iter();
        let grouped = groups.map(|group| i128::from(group.num_rows())).sum::<i128>();
        if grouped != rows as i128 {
            return Err(corrupt(path, format_args!("{rows} rows, its row groups have {grouped}")));
        }
        match table.key_value(VERSION_KEY) {
            Some(version) if version != VERSION => {
                Err(err!(Unsupported, "{}: version {version}, known is {VERSION}", path.display()))
            }
            _ => Ok(table),
        }
    }

    /// With another bound for what a column decodes to.
    pub fn within(self, most: u64) -> Self {
        Self { most: most.min(MAX_COLUMN), ..self }
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The bytes of the file.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The dataset that it says it belongs to.
    pub fn dataset_id(&self) -> Option<&str> {
        self.key_value(ID_KEY)
    }

    fn key_value(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    /// The number of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// A decoded column of a name and type that the table must have.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn fixed(&self, name: &str, kind: ColumnType) -> Result<ArrayRef> {
        let index = self.find(name).ok_or_else(|| corrupt(&self.path, format_args!("no column '{name}'")))?;
        match self.columns[index].kind {
            Some(found) if found == kind => self.column(index),
            found => {
                let found = found.map_or("of another type", ColumnType::name);
                Err(corrupt(&self.path, format_args!("column '{name}' is {found}, wanted {}", kind.name())))
            }
        }
    }

    /// A decoded column.
    ///
    /// # Errors
    /// `Corrupt`; `Unsupported` for a type that is not read.
    pub fn column(&self, index: usize) -> Result<ArrayRef> {
        self.decode(index, None)
    }

    /// The cells of a column in chosen rows: only the row groups and pages that have any are decoded.
    ///
    /// # Errors
    /// As [`Table::column`].
    pub fn cells(&self, index: usize, chosen: &BooleanArray) -> Result<ArrayRef> {
        self.decode(index, Some(chosen))
    }

    fn decode(&self, index: usize, chosen: Option<&BooleanArray>) -> Result<ArrayRef> {
        let column = &self.columns[index];
        let Some(stored) = self.stored[index] else {
            return Err(err!(
                Unsupported,
                "{}: column '{}' has a type that is not read",
                self.path.display(),
                column.name
            ));
        };
        let wanted = chosen.map_or(self.rows, BooleanArray::true_count);
        // A run of a million rows takes a few bytes in a page.
        let (bytes, most) = ((wanted * CELL) as u64, self.most);
        if bytes > most {
            let (path, name) = (self.path.display(), &column.name);
            return Err(err!(Corrupt, "{path}: column '{name}' has {bytes} bytes decoded, at most {most} are"));
        }
        let array = guarded(&self.path, || {
            pages::check(&self.bytes, &self.metadata, index, most)?;
            decode::Encoded { bytes: &self.bytes, metadata: &self.metadata, index, chosen }.decode(stored)
        })
        .map_err(|e| e.context(format_args!("column '{}'", column.name)))?;
        if array.len() != wanted {
            let (path, name, found) = (self.path.display(), &column.name, array.len());
            return Err(err!(Corrupt, "{path}: column '{name}' has {found} cells, wanted are {wanted}"));
        }
        Ok(array)
    }
}

/// What the file says of itself, what its columns are, and how they are stored.
type Described = (ParquetMetaData, Vec<Column>, Vec<Option<Stored>>);

fn describe(bytes: &Bytes) -> parquet::errors::Result<Described> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(bytes)?;
    let file = metadata.file_metadata();
    let fields = file.schema().get_fields();
    if fields.len() > MAX_COLUMNS {
        let text = format!("{} columns, the limit is {MAX_COLUMNS}", fields.len());
        return Err(parquet::errors::ParquetError::General(text));
    }
    let arrow = arrowschema::find(file.key_value_metadata())?;
    let flat = file.schema_descr().num_columns() == fields.len();
    let (mut columns, mut stored) = (Vec::new(), Vec::new());
    for (index, field) in fields.iter().enumerate() {
        let arrow = arrow.as_ref().and_then(|schema| schema.fields().get(index));
        let arrow = arrow.filter(|known| known.name() == field.name());
        let mark = |key: &str| arrow.and_then(|known| known.metadata().get(key));
        let how = Stored::of(field, arrow.map(|known| known.data_type())).filter(|_| flat);
        columns.push(Column {
            name: field.name().to_owned(),
            kind: how.map(Stored::kind),
            json: mark(JSON_MARK).is_some(),
            scope: mark(SCOPE_MARK).and_then(|name| Scope::from_name(name)),
        });
        stored.push(how);
    }
    Ok((metadata, columns, stored))
}
