// The unit tests' entry point: doctest's main, linked with every *_test.cpp.
// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
