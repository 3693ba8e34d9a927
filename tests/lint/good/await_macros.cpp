// Sample for tools/lint: the two macros that await for a rule
// SPDX-License-Identifier: MIT

Task<int> run(Build build, Sum key) {
    CO_TRY(part, co_await build.attempt(One(key.left)));
    CO_TRY_VOID(co_await build.attempt(Two(part)));
    CO_TRY(text, parse(key.text));
    co_return text + part;
}
