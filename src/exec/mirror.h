// Mirror: directories that stand over those of the checkout in which steps write declared outputs.
// SPDX-License-Identifier: MIT
//
// The checkout is never written. For each directory that holds a declared output,
// <root>/mirror/<relative directory> is a real directory with links to what the checkout has there;
// a declared output is a copy of the checked-in file until a step writes it. Mount mode binds it
// over /cermet/ws/<directory>. Plain mode shows the whole checkout as a farm of real directories
// and links at <root>/mirror, so that "../x.h" from beside a mirrored directory meets the mirror
// too. Threads: declare() before steps run; is_output() any.
#pragma once
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "exec/places.h"

namespace cermet::exec {

class Mirror {
   public:
    Mirror(Places& places, std::string root, std::string checkout)
        : places_(places), root_(std::move(root)), checkout_(std::move(checkout)) {}
    // `outputs`: canonical paths below /cermet/ws; `files`: the checkout's files, relative.
    Status declare(const std::vector<std::string>& outputs, const std::vector<std::string>& files);
    bool is_output(const std::string& canonical) const;
    bool active() const;
    std::vector<std::string> writable() const;  // canonical mirrored directories

   private:
    Status fill_directory(const std::string& relative);
    Status make_farm(const std::vector<std::string>& files);
    std::string mirror_root() const { return root_ + "/mirror"; }

    Places& places_;
    std::string root_;
    std::string checkout_;
    mutable std::mutex mutex_;
    std::set<std::string> outputs_;      // canonical
    std::set<std::string> directories_;  // relative to the checkout, "" for its top
    std::set<std::string> bound_;        // mount mode: those already bound
};

}  // namespace cermet::exec
