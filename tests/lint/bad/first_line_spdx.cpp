// Sample for tools/lint: the second line is not the licence.
// expect: first-line
// SPDX-License-Identifier: MIT
