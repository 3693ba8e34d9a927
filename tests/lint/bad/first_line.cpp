#pragma once
// SPDX-License-Identifier: MIT
// Sample for tools/lint: the first line says nothing.
// expect: first-line
