//! The calls of the steps that change a store.

use datastorage::{Array, ArrayOptions, ArrayView, DType, Error, ErrorKind, Storage};
use serde_json::Value as Json;

use super::changes;
use super::step::Step;

/// The call of a step that changes nodes or metadata.
pub fn call(store: &Storage, step: &Step) -> datastorage::Result<()> {
    match step {
        Step::Save { key, item } => store.save_value(key, &item.value().expect("the text of a case is right")),
        Step::SaveView { key, data, transposed } => save_view(store, key, &changes::array(data), *transposed),
        Step::SaveJson { key, json } => store.save_json(key, json.clone()),
        Step::Create { key, dtype, shape, fill, options } => {
            let mut options = options.clone();
            if let Some(fill) = fill.as_ref().and_then(|fill| super::arrays::fill_json(&changes::array(fill))) {
                options.insert("fill_value".to_owned(), fill);
            }
            let options = ArrayOptions::from_json(Json::Object(options))?;
            store.create(key, DType::from_name(dtype).unwrap_or(DType::U8), shape, &options)
        }
        Step::SaveRegion { key, offset, data } => store.save_region(key, offset, &changes::array(data).view()),
        Step::Resize { key, shape } => store.resize(key, shape),
        Step::Append { key, axis, data } => store.append(key, &changes::array(data).view(), *axis as usize),
        Step::Delete { key } => store.delete(key),
        Step::Rename { from, to } => store.rename(from, to),
        Step::CreateGroup { key } => store.create_group(key),
        Step::SetDimensions { key, names } => {
            store.set_dimensions(key, &names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Step::SetAttributes { key, attributes } => store.set_attributes(key, attributes.clone()),
        Step::SaveMetadata { key, value } => store.save_metadata(key, value.clone()),
        Step::DeleteMetadata { key } => store.delete_metadata(key),
        Step::SetSchema { schema } => store.set_schema(schema),
        other => Err(Error::new(ErrorKind::Internal, format!("{other:?} is no change"))),
    }
}

/// Saves the elements of a view; transposed, they lie in memory column by column.
fn save_view(store: &Storage, key: &str, array: &Array, transposed: bool) -> datastorage::Result<()> {
    let (Some(bytes), [rows, columns], true) = (array.bytes(), array.shape(), transposed) else {
        return store.save_view(key, &array.view());
    };
    let (rows, columns, size) = (*rows as usize, *columns as usize, array.dtype().size());
    let mut turned = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        for row in 0..rows {
            let at = (row * columns + column) * size;
            turned.extend_from_slice(&bytes[at..at + size]);
        }
    }
    let strides = [1, rows.max(1) as i64];
    store.save_view(key, &ArrayView::strided(array.dtype(), array.shape(), &strides, 0, &turned)?)
}
