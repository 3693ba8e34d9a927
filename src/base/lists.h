// Lists used as small sets: is an item in there, and add it unless it is. Order is kept; each search walks the list.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string_view>
#include <utility>

namespace cermet {

// Of texts base/text.h asks whether one is a part of the other.
template <class List, class Item>
requires(!std::convertible_to<const List&, std::string_view>) bool contains(const List& list, const Item& item) {
    for (const auto& one : list) {
        if (one == item) return true;
    }
    return false;
}

template <class List>
void add_once(List& list, typename List::value_type item) {
    if (!contains(list, item)) list.push_back(std::move(item));
}

template <class List>
void add_all_once(List& list, const List& items) {
    for (const typename List::value_type& item : items) add_once(list, item);
}

}  // namespace cermet
