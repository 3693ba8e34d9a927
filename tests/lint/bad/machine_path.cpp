// Sample for tools/lint: a path of one machine
// SPDX-License-Identifier: MIT
// expect: machine-path
// as: src/cli/sample.cpp

const char* home() { return "/root/.cargo"; }
