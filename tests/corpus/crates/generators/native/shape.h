// What bindgen reads: a structure and an enumeration.
// SPDX-License-Identifier: MIT
struct shape { int width, height; };
enum colour { RED = 3, BLUE = 5 };
