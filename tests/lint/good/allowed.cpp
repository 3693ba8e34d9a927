// Sample for tools/lint: a rule broken on purpose, with the reason
// SPDX-License-Identifier: MIT
// as: src/cli/sample.cpp

// lint: allow(throw) the runtime asks for it
void stop() { throw 1; }
