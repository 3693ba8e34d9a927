// Sample for tools/lint: an rvalue reference parameter, declared only
// SPDX-License-Identifier: MIT
// expect: coroutine-params

Task<int> run(Build build, Sum&& key);
