// Libraries: finds shared libraries as the dynamic linker would, and the symbols that a chain of them offers.
// SPDX-License-Identifier: MIT
//
// Looks in RUNPATH or RPATH ($ORIGIN is the wheel's own directory, given by the caller as members), then in the
// directories of ld.so.conf and the usual ones. Reads files once each. One thread. Source: ld.so(8).
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "languages/python/elf.h"

namespace cermet::python {

class Libraries {
   public:
    // `multiarch`: "x86_64-linux-gnu" or "".
    explicit Libraries(const std::string& multiarch);
    explicit Libraries(std::vector<std::string> directories) : directories_(std::move(directories)) {}
    // The library of this name, or nullptr.
    const ElfFile* find(const std::string& soname, const std::vector<std::string>& search);
    // Every symbol that `file`'s needed libraries offer, and theirs; names that nothing was found for go to `missing`.
    std::set<std::string> offered_to(const ElfFile& file, std::set<std::string>& missing);
    // A library that lies in the wheel itself.
    void add_member(const std::string& soname, const ElfFile& file);

   private:
    std::vector<std::string> directories_;
    std::map<std::string, std::shared_ptr<const ElfFile>> known_;  // by name; null: not found
};

}  // namespace cermet::python
