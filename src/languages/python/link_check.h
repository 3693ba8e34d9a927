// LinkCheck: before a link, the libraries that it takes and this build did not make; after it, whether Python can load it.
// SPDX-License-Identifier: MIT
//
// Finds the files that -l and plain paths mean, as the linker would; reads them; and refuses, as a Project error with both
// records and the place where the file is asked for, what cannot work: another machine, C library, C++ library, Python or
// rustc. What is found are inputs of the link, so that another file behind the same name links again.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/source_files.h"
#include "engine/build.h"
#include "exec/action.h"
#include "languages/c/c.h"
#include "languages/python/library_abi.h"

namespace cermet::python {

// A word of a link's command and who said it.
struct LinkWord {
    std::string word;     // "-lfoo", "-Lvendor/lib", "vendor/libfoo.a"
    std::string said_by;  // "`libraries`", "sys:zlib in `uses`"
    Where where;
};

// A file that the link takes and no step of this build made.
struct LinkedFile {
    std::string path;  // canonical
    LinkWord said;
};

// In the words' order, each file once. `directories`: where the compiler looks by itself.
std::vector<LinkedFile> find_linked_files(const std::vector<LinkWord>& words,
                                          const std::vector<std::string>& directories, SourceFiles& files);

struct LinkCheck {
    std::string name;  // of the target: "pkg._core"
    std::vector<LinkWord> words;
    std::vector<LinkWord> libraries;  // given as files by providers
    std::vector<exec::Input> objects;
    c::Toolchain toolchain;
    std::string made_by = "compiled by";  // how the toolchain has to do with it
    bool python = false;                  // it becomes a part of a module
    bool stable_abi = false;              // of one for the limited API
};

class CheckLink {
   public:
    using Value = std::vector<exec::Input>;  // what was found
    static constexpr std::string_view k_name = "check-link";
    explicit CheckLink(LinkCheck check);
    std::string text() const { return text_; }
    const LinkCheck& check() const { return *check_; }

   private:
    std::shared_ptr<const LinkCheck> check_;
    std::string text_;
};
engine::Task<std::vector<exec::Input>> run(engine::Build build, CheckLink key);

// Of a module or a library of the wheel: fails where this Python cannot load it.
class CheckLoad {
   public:
    using Value = bool;
    static constexpr std::string_view k_name = "check-load";
    CheckLoad(exec::Input file, std::string shown, Where place)
        : file_(std::move(file)), shown_(std::move(shown)), place_(std::move(place)) {}
    std::string text() const { return shown_ + " " + file_.digest.hex(); }
    const exec::Input& file() const { return file_; }
    const std::string& shown() const { return shown_; }
    const Where& place() const { return place_; }

   private:
    exec::Input file_;
    std::string shown_;
    Where place_;
};
engine::Task<bool> run(engine::Build build, CheckLoad key);

}  // namespace cermet::python
