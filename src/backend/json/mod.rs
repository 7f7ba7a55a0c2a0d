//! (being written)
pub type JsonDir = super::memory::Memory;
impl super::memory::Memory {
    pub fn open(_d: &std::path::Path, _o: &crate::Options) -> crate::Result<Self> { Ok(Self::new()) }
}
pub fn value_to_json(_v: &crate::Value) -> crate::Result<serde_json::Value> { Ok(serde_json::Value::Null) }
