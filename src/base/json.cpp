// Json: readers, canonical text, and the handler that builds a value from nlohmann's events.
// SPDX-License-Identifier: MIT
//
// Only nlohmann's event (SAX) interface is used: it reports errors by a call instead of an
// exception, and it does not recurse, so that only k_max_depth bounds the nesting (destructors and
// dump() do recurse).
#include "base/json.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace cermet {

namespace json_detail {

constexpr std::size_t k_max_depth = 512;

const Json k_null;
const std::string k_no_string;
const Json::Array k_no_array;
const Json::Object k_no_object;

void newline(std::string& out, int indent, int depth) {
    if (indent < 0) return;
    out.push_back('\n');
    out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
}

void dump_escape(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    constexpr char digits[] = "0123456789abcdef";
    const auto u = static_cast<unsigned char>(c);
    out += "\\u00";
    out.push_back(digits[u >> 4]);
    out.push_back(digits[u & 15]);
}

// Bytes that are not UTF-8 become U+FFFD, one for each byte that starts no character: the output is
// always JSON.
void dump_string(std::string& out, std::string_view text) {
    out.push_back('"');
    const bool clean = valid_utf8(text);
    for (std::size_t i = 0; i < text.size();) {
        const auto u = static_cast<unsigned char>(text[i]);
        if (u < 0x20 || u == '"' || u == '\\') {
            dump_escape(out, text[i++]);
            continue;
        }
        std::size_t n = 1;
        if (!clean && u >= 0x80) {
            n = u >= 0xf0 ? 4 : u >= 0xe0 ? 3 : 2;
            if (!valid_utf8(text.substr(i, n)) || i + n > text.size()) {
                out += "\xef\xbf\xbd";
                ++i;
                continue;
            }
        }
        out.append(text.substr(i, n));
        i += n;
    }
    out.push_back('"');
}

void dump_double(std::string& out, double v) {
    if (!std::isfinite(v)) {
        out += "null";  // JSON has no other spelling
        return;
    }
    std::string text = to_text(v);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";  // stays a double when read again
    out += text;
}

void dump_value(std::string& out, const Json& v, int indent, int depth) {
    if (v.is_null()) {
        out += "null";
    } else if (v.is_bool()) {
        out += v.boolean() ? "true" : "false";
    } else if (v.is_int()) {
        out += to_text(static_cast<long long>(v.integer()));
    } else if (v.is_double()) {
        dump_double(out, v.number());
    } else if (v.is_string()) {
        dump_string(out, v.string());
    } else if (v.is_array()) {
        out.push_back('[');
        bool first = true;
        for (const Json& item : v.array()) {
            if (!first) out.push_back(',');
            first = false;
            newline(out, indent, depth + 1);
            dump_value(out, item, indent, depth + 1);
        }
        if (!first) newline(out, indent, depth);
        out.push_back(']');
    } else {
        out.push_back('{');
        bool first = true;
        for (const auto& [key, item] : v.object()) {
            if (!first) out.push_back(',');
            first = false;
            newline(out, indent, depth + 1);
            dump_string(out, key);
            out += indent < 0 ? ":" : ": ";
            dump_value(out, item, indent, depth + 1);
        }
        if (!first) newline(out, indent, depth);
        out.push_back('}');
    }
}

// The open containers and the value being built. nlohmann calls these methods by name.
class Builder {
   public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    bool null() { return add(Json()); }
    bool boolean(bool v) { return add(Json(v)); }
    bool number_integer(number_integer_t v) { return add(Json(v)); }
    bool number_unsigned(number_unsigned_t v) {
        if (v > static_cast<number_unsigned_t>(INT64_MAX)) return add(Json(static_cast<double>(v)));
        return add(Json(static_cast<std::int64_t>(v)));
    }
    bool number_float(number_float_t v, const string_t&) { return add(Json(v)); }
    bool string(string_t& v) { return add(Json(std::move(v))); }
    bool binary(binary_t&) { return false; }  // never in JSON text
    bool start_object(std::size_t) { return open(Json(Json::Object{})); }
    bool start_array(std::size_t) { return open(Json(Json::Array{})); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(string_t& name) {
        open_.back().key = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const std::exception& problem) {
        position_ = position;
        message_ = problem.what();
        return false;
    }

    Json take() { return std::move(root_); }
    bool too_deep() const { return too_deep_; }
    std::size_t position() const { return position_; }
    const std::string& message() const { return message_; }

   private:
    struct Open {
        Json value;
        std::string key;  // of the member being read, when value is an object
    };

    bool add(Json v) {
        if (open_.empty()) {
            root_ = std::move(v);
        } else if (open_.back().value.is_array()) {
            open_.back().value.push(std::move(v));
        } else {
            open_.back().value.set(std::move(open_.back().key), std::move(v));
        }
        return true;
    }
    bool open(Json v) {
        if (open_.size() >= k_max_depth) {
            too_deep_ = true;
            return false;
        }
        open_.push_back({std::move(v), {}});
        return true;
    }
    bool close() {
        Json done = std::move(open_.back().value);
        open_.pop_back();
        return add(std::move(done));
    }

    Json root_;
    std::vector<Open> open_;
    bool too_deep_ = false;
    std::size_t position_ = 0;
    std::string message_;
};

// nlohmann counts the bytes read so far; the offending one is the last of them.
Where place_of(std::string_view bytes, std::string_view name, std::size_t position) {
    Where where{std::string(name), 1, 1};
    const std::size_t end = position == 0 ? 0 : (position - 1 < bytes.size() ? position - 1 : bytes.size());
    for (std::size_t i = 0; i < end; ++i) {
        if (bytes[i] == '\n') {
            ++where.line;
            where.column = 1;
        } else if ((static_cast<unsigned char>(bytes[i]) & 0xc0) != 0x80) {
            ++where.column;
        }
    }
    return where;
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …" ->
// "syntax error while …"
std::string reason_of(std::string_view message) {
    const std::size_t end = message.find("] ");
    if (message.substr(0, 1) == "[" && end != std::string_view::npos) message.remove_prefix(end + 2);
    if (message.substr(0, 11) == "parse error") {
        const std::size_t colon = message.find(": ");
        if (colon != std::string_view::npos) message.remove_prefix(colon + 2);
    }
    return std::string(message);
}

}  // namespace json_detail

Json Json::strings(const std::vector<std::string>& values) {
    Array out;
    out.reserve(values.size());
    for (const std::string& v : values) out.emplace_back(v);
    return Json(std::move(out));
}

bool Json::boolean() const {
    const bool* v = std::get_if<bool>(&value_);
    return v != nullptr && *v;
}

std::int64_t Json::integer() const {
    const auto* v = std::get_if<std::int64_t>(&value_);
    return v != nullptr ? *v : 0;
}

double Json::number() const {
    if (is_int()) return static_cast<double>(integer());
    const double* v = std::get_if<double>(&value_);
    return v != nullptr ? *v : 0;
}

const std::string& Json::string() const {
    const auto* v = std::get_if<std::string>(&value_);
    return v != nullptr ? *v : json_detail::k_no_string;
}

const Json::Array& Json::array() const {
    const auto* v = std::get_if<Array>(&value_);
    return v != nullptr ? *v : json_detail::k_no_array;
}

const Json::Object& Json::object() const {
    const auto* v = std::get_if<Object>(&value_);
    return v != nullptr ? *v : json_detail::k_no_object;
}

std::vector<std::string> Json::string_list() const {
    std::vector<std::string> out;
    for (const Json& item : array()) {
        if (item.is_string()) out.push_back(item.string());
    }
    return out;
}

const Json* Json::find(std::string_view key) const {
    const Object& members = object();
    const auto it = members.find(key);
    return it == members.end() ? nullptr : &it->second;
}

const Json& Json::operator[](std::string_view key) const {
    const Json* found = find(key);
    return found != nullptr ? *found : json_detail::k_null;
}

Json& Json::set(std::string key, Json value) {
    if (!is_object()) value_.emplace<Object>();
    std::get<Object>(value_).insert_or_assign(std::move(key), std::move(value));
    return *this;
}

Json& Json::push(Json value) {
    if (!is_array()) value_.emplace<Array>();
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

std::string Json::dump(int indent) const {
    std::string out;
    json_detail::dump_value(out, *this, indent, 0);
    return out;
}

Result<Json> parse_json(std::string_view bytes, std::string_view name) {
    json_detail::Builder builder;
    bool ok = false;
    try {
        ok = nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &builder);
    } catch (const std::exception& problem) {
        return project_error(cat("invalid JSON: ", problem.what())).at(std::string(name));
    }
    if (ok) return builder.take();
    if (builder.too_deep()) {
        return project_error(cat("invalid JSON: nested more than ", json_detail::k_max_depth, " deep"))
            .at(std::string(name));
    }
    return project_error(cat("invalid JSON: ", json_detail::reason_of(builder.message())))
        .at(json_detail::place_of(bytes, name, builder.position()));
}

}  // namespace cermet
