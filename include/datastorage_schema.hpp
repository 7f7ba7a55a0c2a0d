/**
 * Schemas for C++17, made call by call; included beside datastorage.hpp, or alone.
 *
 *     ds::schema_builder schema("CAD_analysis");
 *     schema.group("faces", "face", "Face data")
 *         .array<float>("face_areas", {"face"}, "Area of each face", R"({"min_value": 0})")
 *         .array<float>("face_normals", {"face", "coordinate"});
 *     schema.file_metadata<std::int64_t>("size_cadfile").categorical_metadata<std::int32_t>("file_label");
 *     store.set_schema(schema.build());
 *
 * Invariant: a ds::schema_builder owns its handle; a ds::schema_group is a name in it and holds as long as it. A call that
 * fails throws ds::error and changes nothing. One thread at a time uses a builder. Strings need a type of their own, for
 * no element type says it: `array("face_names", ds::dtype::string, {"face"})`.
 */
#ifndef DATASTORAGE_SCHEMA_HPP
#define DATASTORAGE_SCHEMA_HPP

#include "datastorage.h"
#include "datastorage/json.hpp"
#include "datastorage/types.hpp"

#include <memory>

namespace ds {
namespace detail {

/** A JSON string. */
inline std::string json_of(std::string_view text) {
    constexpr const char *hex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

inline std::string json_of(const std::vector<std::string> &texts) {
    std::string out = "[";
    for (const auto &text : texts) {
        out += (out.size() > 1 ? "," : "") + json_of(text);
    }
    return out + ']';
}

/** The names that an iterator gives, which is freed. */
template <class F>
std::vector<std::string> names_of(F &&open) {
    ds_iter *raw = nullptr;
    check(open(&raw));
    const std::unique_ptr<ds_iter, void (*)(ds_iter *)> iter(raw, &ds_iter_free);
    std::vector<std::string> out;
    const char *name = nullptr;
    ds_status status = DS_OK;
    while ((status = ds_iter_next(raw, &name, nullptr)) == DS_OK) {
        out.emplace_back(name);
    }
    if (status != DS_DONE) {
        fail(status);
    }
    return out;
}

/** Whether a removal found something. */
inline bool removed(ds_status status) {
    if (status == DS_ERR_NOT_FOUND) {
        return false;
    }
    check(status);
    return true;
}

} // namespace detail

/** Where metadata without a field goes. In a pattern `*` is any text and case does not count; file-level ones come first. */
struct routing_rules {
    std::vector<std::string> file_level_patterns; ///< names that belong to the file
    std::vector<std::string> categorical_patterns; ///< names that are labels
    ds::scope default_numeric = scope::file_level; ///< of numbers
    ds::scope default_categorical = scope::categorical; ///< of bools
    ds::scope default_string = scope::categorical; ///< of texts
};

/** A group of a builder, to add arrays to: a name, which holds as long as the builder. */
class schema_group {
public:
    /** The name. */
    [[nodiscard]] const std::string &name() const noexcept { return name_; }

    /** Adds an array; no dimensions for a scalar. `rules` is a JSON object: min_value, max_value, values, labels. */
    schema_group array(const detail::zstring &key, ds::dtype type, const std::vector<std::string> &dims,
                       const detail::zstring &description = nullptr, const detail::zstring &rules = nullptr) const {
        std::vector<const char *> raw;
        for (const auto &dim : dims) {
            raw.push_back(detail::zstring(dim).get());
        }
        detail::check(ds_schema_create_array(builder_, name_.c_str(), key.get(), static_cast<ds_dtype>(type), raw.data(),
                                             raw.size(), description.get(), rules.get()));
        return *this;
    }
    /** As above, of the type T. */
    template <class T>
    schema_group array(const detail::zstring &key, const std::vector<std::string> &dims,
                       const detail::zstring &description = nullptr, const detail::zstring &rules = nullptr) const {
        return array(key, dtype_of<T>(), dims, description, rules);
    }
    /** Whether there was one. */
    bool remove_array(const detail::zstring &key) const {
        return detail::removed(ds_schema_remove_array(builder_, name_.c_str(), key.get()));
    }
    /** The names of the arrays, in the order of definition. */
    [[nodiscard]] std::vector<std::string> arrays() const {
        return detail::names_of([&](ds_iter **out) { return ds_schema_list_arrays(builder_, name_.c_str(), out); });
    }

private:
    friend class schema_builder;
    schema_group(ds_schema_builder *builder, std::string name) : builder_(builder), name_(std::move(name)) {}

    ds_schema_builder *builder_;
    std::string name_;
};

/** A schema that is being made. Move-only. */
class schema_builder {
public:
    /** Empty, for a domain such as "CAD_analysis"; the version is "1.0" when none is given. */
    explicit schema_builder(const detail::zstring &domain, const detail::zstring &version = nullptr,
                            const detail::zstring &description = nullptr)
        : schema_builder(made([&](ds_schema_builder **out) {
              return ds_schema_create(domain.get(), version.get(), description.get(), out);
          })) {}
    /** Adopts a builder of the C library. */
    explicit schema_builder(ds_schema_builder *handle) noexcept : raw_(handle, &ds_schema_free) {}

    /** From "cad_basic", "cad_advanced", "manufacturing_basic" or "sensor_basic". */
    [[nodiscard]] static schema_builder from_template(const detail::zstring &name) {
        return schema_builder(made([&](ds_schema_builder **out) { return ds_schema_from_template(name.get(), out); }));
    }
    /** From a dictionary; a wrong one is DS_ERR_SCHEMA with its place. */
    [[nodiscard]] static schema_builder from_json(std::string_view json) {
        return schema_builder(made([&](ds_schema_builder **out) { return ds_schema_from_json(json.data(), json.size(), out); }));
    }
    /** From a file with a dictionary. */
    [[nodiscard]] static schema_builder load_from_file(const detail::zstring &path) {
        return schema_builder(made([&](ds_schema_builder **out) { return ds_schema_load_from_file(path.get(), out); }));
    }
    /** The JSON Schema (draft 2020-12) that dictionaries satisfy. */
    [[nodiscard]] static std::string_view json_schema() { return ds_schema_json_schema(); }

    /** The handle, still owned here. */
    [[nodiscard]] ds_schema_builder *handle() const noexcept { return raw_.get(); }

    /** Adds what a template has and this lacks; what is here stays. */
    schema_builder &extend_template(const detail::zstring &name) {
        detail::check(ds_schema_extend_template(handle(), name.get()));
        return *this;
    }

    // ---- groups ------------------------------------------------------------------------------------------------

    /** Adds a group of arrays along a dimension. */
    schema_group group(const detail::zstring &name, const detail::zstring &primary_dimension,
                       const detail::zstring &description = nullptr, const detail::zstring &special_processing = nullptr) {
        detail::check(ds_schema_create_group(handle(), name.get(), primary_dimension.get(), description.get(),
                                             special_processing.get()));
        return {handle(), name.str()};
    }
    /** A group that is there; else DS_ERR_NOT_FOUND. */
    [[nodiscard]] schema_group at(const detail::zstring &name) const {
        schema_group found(handle(), name.str());
        static_cast<void>(found.arrays());
        return found;
    }
    /** Whether there was one. */
    bool remove_group(const detail::zstring &name) { return detail::removed(ds_schema_remove_group(handle(), name.get())); }
    /** The names of the groups, in the order of definition. */
    [[nodiscard]] std::vector<std::string> groups() const {
        return detail::names_of([&](ds_iter **out) { return ds_schema_list_groups(handle(), out); });
    }

    // ---- metadata ----------------------------------------------------------------------------------------------

    /** Defines (or redefines) a field of one value a file. `rules` is a JSON object, as of arrays. */
    schema_builder &file_metadata(const detail::zstring &name, ds::dtype type, const detail::zstring &description = nullptr,
                                  bool required = false, const detail::zstring &rules = nullptr) {
        return define(DS_SCOPE_FILE_LEVEL, name, type, description, required, rules);
    }
    /** As above, of the type T. */
    template <class T>
    schema_builder &file_metadata(const detail::zstring &name, const detail::zstring &description = nullptr,
                                  bool required = false, const detail::zstring &rules = nullptr) {
        return file_metadata(name, dtype_of<T>(), description, required, rules);
    }
    /** Defines (or redefines) a field to group and filter by. */
    schema_builder &categorical_metadata(const detail::zstring &name, ds::dtype type, const detail::zstring &description = nullptr,
                                         bool required = false, const detail::zstring &rules = nullptr) {
        return define(DS_SCOPE_CATEGORICAL, name, type, description, required, rules);
    }
    /** As above, of the type T. */
    template <class T>
    schema_builder &categorical_metadata(const detail::zstring &name, const detail::zstring &description = nullptr,
                                         bool required = false, const detail::zstring &rules = nullptr) {
        return categorical_metadata(name, dtype_of<T>(), description, required, rules);
    }
    /** The fields of a scope in the order of definition; of both, file-level ones first. */
    [[nodiscard]] std::vector<std::string> metadata_fields(ds::scope of = scope::none) const {
        return detail::names_of(
            [&](ds_iter **out) { return ds_schema_list_metadata_fields(handle(), static_cast<ds_scope>(of), out); });
    }
    /** Sets where metadata without a field goes, replacing all rules. */
    schema_builder &routing(const routing_rules &rules) {
        const std::string json = "{\"file_level_patterns\":" + detail::json_of(rules.file_level_patterns) +
                                 ",\"categorical_patterns\":" + detail::json_of(rules.categorical_patterns) +
                                 ",\"default_numeric\":" + word(rules.default_numeric) + ",\"default_categorical\":" +
                                 word(rules.default_categorical) + ",\"default_string\":" + word(rules.default_string) + "}";
        detail::check(ds_schema_set_metadata_routing(handle(), detail::zstring(json).get()));
        return *this;
    }
    /** The scope of a key by field or pattern; none when the type of its value decides. */
    [[nodiscard]] ds::scope routing_of(const detail::zstring &name) const {
        ds_scope found = DS_SCOPE_NONE;
        detail::check(ds_schema_get_metadata_routing(handle(), name.get(), &found));
        return static_cast<ds::scope>(found);
    }
    /** Whether a JSON value fits the field of that name, with the reason when not. */
    [[nodiscard]] bool validate_metadata_field(const detail::zstring &name, std::string_view json, std::string &reason) const {
        const ds_status status = ds_schema_validate_metadata_field(handle(), name.get(), json.data(), json.size());
        if (status == DS_ERR_SCHEMA) {
            reason = ds_last_error_message();
            return false;
        }
        detail::check(status);
        reason.clear();
        return true;
    }
    /** As above, without the reason. */
    [[nodiscard]] bool validate_metadata_field(const detail::zstring &name, std::string_view json) const {
        std::string reason;
        return validate_metadata_field(name, json, reason);
    }
    /** What is wrong with the definitions of metadata, one line each. */
    [[nodiscard]] std::vector<std::string> validate_metadata_schema() const {
        detail::buffer lines;
        detail::check(ds_schema_validate_metadata_schema(handle(), lines.out()));
        return detail::json_strings("metadata", lines.text());
    }

    // ---- the whole ---------------------------------------------------------------------------------------------

    /** The dictionary as JSON; a rule that contradicts its type is DS_ERR_SCHEMA with its place. */
    [[nodiscard]] std::string build() const {
        detail::buffer json;
        detail::check(ds_schema_build(handle(), json.out()));
        return json.str();
    }
    /** Writes the dictionary as indented JSON; the file appears whole or not at all. */
    void save_to_file(const detail::zstring &path) const { detail::check(ds_schema_save_to_file(handle(), path.get())); }

private:
    template <class F>
    [[nodiscard]] static ds_schema_builder *made(F &&make) {
        ds_schema_builder *raw = nullptr;
        detail::check(ds_check_abi(DS_ABI_VERSION));
        detail::check(make(&raw));
        return raw;
    }
    schema_builder &define(ds_scope where, const detail::zstring &name, ds::dtype type, const detail::zstring &description,
                           bool required, const detail::zstring &rules) {
        detail::check(ds_schema_define_metadata(handle(), where, name.get(), static_cast<ds_dtype>(type), description.get(),
                                                required ? 1 : 0, rules.get()));
        return *this;
    }
    /** Anything but the two scopes becomes a word that the library refuses. */
    static const char *word(ds::scope scope) {
        return scope == scope::file_level ? "\"file_level\"" : scope == scope::categorical ? "\"categorical\"" : "\"none\"";
    }

    std::unique_ptr<ds_schema_builder, void (*)(ds_schema_builder *)> raw_;
};

/** The template cad_basic. */
[[nodiscard]] inline schema_builder create_cad_schema() { return schema_builder::from_template("cad_basic"); }
/** The template manufacturing_basic. */
[[nodiscard]] inline schema_builder create_manufacturing_schema() { return schema_builder::from_template("manufacturing_basic"); }
/** The template sensor_basic. */
[[nodiscard]] inline schema_builder create_sensor_schema() { return schema_builder::from_template("sensor_basic"); }
/** An empty schema for any domain. */
[[nodiscard]] inline schema_builder create_custom_schema(const detail::zstring &domain) { return schema_builder(domain); }

} // namespace ds

#endif
