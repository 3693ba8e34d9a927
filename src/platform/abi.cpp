// Comparing binary interfaces, and what C++ symbols tell of them.
// SPDX-License-Identifier: MIT
#include "platform/abi.h"

#include <algorithm>

#include "base/text.h"

namespace cermet::platform {
namespace abi_detail {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::vector<int> numbers(std::string_view version) {
    std::vector<int> out;
    for (const std::string& part : split(version, '.')) {
        if (part.empty() || part.size() > 6 || !std::all_of(part.begin(), part.end(), digit)) return {};
        out.push_back(std::atoi(part.c_str()));
    }
    return out;
}

std::string order_text(ByteOrder order) { return order == ByteOrder::Little ? "little endian" : "big endian"; }

std::string libc_text(const AbiRecord& record) {
    return record.libc_version.empty() ? record.libc : cat(record.libc, " ", record.libc_version);
}

std::string strings_text(CxxStrings strings) { return strings == CxxStrings::Cxx11 ? "cxx11" : "pre-cxx11"; }

class Comparison {
   public:
    Comparison(const AbiRecord& file, const AbiRecord& user) : file_(file), user_(user) {}

    std::vector<std::string> run() {
        machine();
        libc();
        cxx();
        rust();
        python();
        return std::move(found_);
    }

   private:
    void machine() {
        if (!file_.arch.empty() && !user_.arch.empty() && file_.arch != user_.arch) {
            found_.push_back(cat("is for ", file_.arch, ", not for ", user_.arch));
            return;  // what follows from it goes without saying
        }
        if (file_.pointer_width != 0 && user_.pointer_width != 0 && file_.pointer_width != user_.pointer_width) {
            found_.push_back(cat("has pointers of ", file_.pointer_width, " bit, not of ", user_.pointer_width));
        }
        if (file_.byte_order && user_.byte_order && *file_.byte_order != *user_.byte_order) {
            found_.push_back(cat("is ", order_text(*file_.byte_order), ", not ", order_text(*user_.byte_order)));
        }
        if (!file_.os.empty() && !user_.os.empty() && file_.os != user_.os) {
            found_.push_back(cat("is for ", file_.os, ", not for ", user_.os));
        }
    }

    void libc() {
        if (file_.libc.empty() || user_.libc.empty()) return;
        if (file_.libc != user_.libc) {
            found_.push_back(cat("is built for ", file_.libc, ", not for ", user_.libc));
        } else if (older_version(user_.libc_version, file_.libc_version)) {
            found_.push_back(cat("needs ", libc_text(file_), ", and there is ", libc_text(user_)));
        }
    }

    // Inside a library with a C interface any C++ library may be at work.
    void cxx() {
        if (!file_.cxx_interface || !user_.cxx_interface) return;
        if (!file_.cxx_library.empty() && !user_.cxx_library.empty() && file_.cxx_library != user_.cxx_library) {
            found_.push_back(cat("is C++ of ", file_.cxx_library, ", not of ", user_.cxx_library));
            return;
        }
        const bool known = file_.cxx_strings != CxxStrings::Unknown && user_.cxx_strings != CxxStrings::Unknown;
        if (known && file_.cxx_strings != user_.cxx_strings) {
            found_.push_back(cat("has ", strings_text(file_.cxx_strings), " strings, not ",
                                 strings_text(user_.cxx_strings), " ones (_GLIBCXX_USE_CXX11_ABI)"));
        }
    }

    void rust() {
        if (!file_.rust_interface || file_.rustc.empty() || user_.rustc.empty() || file_.rustc == user_.rustc) return;
        found_.push_back(cat("is Rust of rustc ", file_.rustc, ", not of rustc ", user_.rustc));
    }

    void python() {
        const PythonAbi& file = file_.python;
        const PythonAbi& user = user_.python;
        if (!file.known() || !user.known()) return;
        const std::string shown = cat("is for Python's ABI ", file.tag(), ", not for ", user.tag());
        const bool newer = file.stable && file.minor != 0 && user.minor != 0 && file.minor > user.minor;
        const bool other = !file.stable && file.minor != 0 && user.minor != 0 &&
                           (user.stable || file.minor != user.minor || file.major != user.major);
        // A debug Python loads what is built without; not the other way round.
        const bool debug = file.debug && !user.debug;
        if (file.free_threaded != user.free_threaded || newer || other || debug) found_.push_back(shown);
    }

    const AbiRecord& file_;
    const AbiRecord& user_;
    std::vector<std::string> found_;
};

// One pass over a mangled name: identifiers are skipped by their length, so that no letter inside one is mistaken.
class NameReader {
   public:
    explicit NameReader(std::string_view rest) : rest_(rest) {}

    CxxName read() {
        CxxName name;
        name.cxx = true;
        entity(name);
        while (!rest_.empty()) {
            if (digit(rest_[0])) {
                if (!identifier(name)) return name;
            } else if (rest_[0] == 'S' && rest_.size() > 1) {
                standard(name);
            } else if (rest_[0] == 'L' && rest_.size() > 2 && rest_[1] != '_' && !digit(rest_[1])) {
                literal();
            } else if ((rest_[0] == 'T' || rest_[0] == 'A') && rest_.size() > 1 &&
                       (digit(rest_[1]) || rest_[1] == '_')) {
                skip_past('_');
            } else {
                rest_.remove_prefix(1);
            }
        }
        return name;
    }

   private:
    // Z<name>… or ZN[KVrRO]<name><name>…: the same whatever types follow.
    void entity(CxxName& name) const {
        std::string_view rest = rest_;
        if (!rest.empty() && rest[0] == 'N') rest.remove_prefix(1);
        while (!rest.empty() && (rest[0] == 'K' || rest[0] == 'V' || rest[0] == 'R' || rest[0] == 'O')) {
            rest.remove_prefix(1);
        }
        for (int part = 0; part < 2 && !rest.empty() && digit(rest[0]); ++part) {
            std::size_t at = 0;
            std::size_t length = 0;
            for (; at < rest.size() && digit(rest[at]) && length < rest.size(); ++at) {
                length = length * 10 + static_cast<std::size_t>(rest[at] - '0');
            }
            if (length > rest.size() - at) return;
            name.entity += cat(part == 0 ? "" : "::", rest.substr(at, length));
            rest.remove_prefix(at + length);
            if (rest_[0] != 'N') return;
        }
    }

    void skip_past(char end) {
        const std::size_t at = rest_.find(end);
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    }

    bool identifier(CxxName& name) {
        std::size_t length = 0;
        std::size_t at = 0;
        for (; at < rest_.size() && digit(rest_[at]) && length < rest_.size(); ++at) {
            length = length * 10 + static_cast<std::size_t>(rest_[at] - '0');
        }
        if (length > rest_.size() - at) return false;
        const std::string_view word = rest_.substr(at, length);
        if (word == "__cxx11" || word == "cxx11") name.cxx11 = true;
        if (in_std_ && word.substr(0, 3) == "__1") name.libcxx = true;
        in_std_ = false;
        rest_.remove_prefix(at + length);
        return true;
    }

    // St is std::, Ss and Sb are its strings as they were before __cxx11; others are iostreams and back references.
    void standard(CxxName& name) {
        const char kind = rest_[1];
        if (kind == 's' || kind == 'b') name.old_strings = true;
        in_std_ = kind == 't';
        const bool reference = kind == '_' || digit(kind) || (kind >= 'A' && kind <= 'Z');
        if (reference) {
            skip_past('_');
        } else {
            rest_.remove_prefix(2);
        }
    }

    // "Lb1E", "Lm16E": a value, not the length of a name. Of an enumeration (its name follows) nothing is skipped.
    void literal() {
        std::size_t at = 2;
        if (at < rest_.size() && rest_[at] == 'n') ++at;
        while (at < rest_.size() && digit(rest_[at])) ++at;
        const bool value = at > 2 && at < rest_.size() && rest_[at] == 'E';
        rest_.remove_prefix(value ? at + 1 : 1);
    }

    std::string_view rest_;
    bool in_std_ = false;
};

}  // namespace abi_detail

std::string PythonAbi::tag() const {
    if (!known()) return {};
    const std::string flags = cat(free_threaded ? "t" : "", debug ? "d" : "");
    if (stable) return cat("abi", major, flags);
    if (minor == 0) return cat("cp", major, "*", flags);
    return cat("cp", major, minor, flags);
}

std::string AbiRecord::text() const {
    using namespace abi_detail;
    std::vector<std::string> parts;
    if (!arch.empty()) parts.push_back(arch);
    if (pointer_width != 0) parts.push_back(cat(pointer_width, " bit"));
    if (byte_order) parts.push_back(order_text(*byte_order));
    if (!os.empty()) parts.push_back(os);
    if (!libc.empty()) parts.push_back(libc_text(*this));
    if (!cxx_library.empty()) {
        const std::string strings =
            cxx_strings == CxxStrings::Unknown ? "" : cat(" with ", strings_text(cxx_strings), " strings");
        parts.push_back(cat(cxx_library, strings));
    }
    if (!rustc.empty()) parts.push_back(cat("rustc ", rustc));
    if (python.known()) parts.push_back(cat("Python ", python.tag()));
    return parts.empty() ? "nothing known" : join(parts, ", ");
}

Json AbiRecord::to_json() const {
    Json json;
    json.set("arch", arch).set("pointer-width", pointer_width).set("os", os);
    json.set("byte-order", !byte_order ? "" : *byte_order == ByteOrder::Little ? "little" : "big");
    json.set("libc", libc).set("libc-version", libc_version).set("c++-library", cxx_library);
    json.set("c++-strings", cxx_strings == CxxStrings::Unknown ? "" : abi_detail::strings_text(cxx_strings));
    json.set("rustc", rustc).set("python", python.tag());
    return json;
}

bool older_version(std::string_view left, std::string_view right) {
    const std::vector<int> a = abi_detail::numbers(left);
    const std::vector<int> b = abi_detail::numbers(right);
    return !a.empty() && !b.empty() && a < b;
}

std::vector<std::string> abi_conflicts(const AbiRecord& file, const AbiRecord& user) {
    return abi_detail::Comparison(file, user).run();
}

CxxName read_cxx_name(std::string_view symbol) {
    // Rust's older names look alike, and end with their hash: 17h and sixteen digits.
    if (symbol.substr(0, 2) != "_Z" || contains(symbol, "17h")) return {};
    // Numbers that are no lengths: thunks, local names and lambdas. Other symbols of the file show as much.
    const char second = symbol.size() > 3 ? symbol[3] : '\0';
    const bool thunk = symbol.substr(0, 3) == "_ZT" && (second == 'v' || second == 'h' || second == 'c');
    if (thunk || symbol.substr(0, 3) == "_ZZ" || contains(symbol, "Ul")) {
        CxxName name;
        name.cxx = true;
        return name;
    }
    return abi_detail::NameReader(symbol.substr(2)).read();
}

}  // namespace cermet::platform
