// Sample for tools/lint: every plain shape of an await
// SPDX-License-Identifier: MIT

Task<int> run(Build build, Sum key) {
    int part = co_await build.get(One());
    const Python& python = co_await build.get(FindPython(key.path, key.parts[0], std::string("x")));
    Result<std::vector<Pair>> pairs = co_await build.attempt(Pairs(key.name + ".x", 2 * part, key.on && part > 1));
    std::map<std::string, int> named = co_await build.get(Named(std::move(key.name)));
    auto* raw = co_await build.early(Meta(key).with(3).named("{[?"));
    co_await build.done();
    co_await pause();
    if (part > 1) co_return co_await build.get(One(python.version));
    if (part > 2) {
        co_await build.get(Two());
    } else
        co_await build.get(Three());
    for (const std::string& name : key.names) {
        int value = co_await build.get(Named(name));
        part += value;
    }
    switch (part) {
        case 1: {
            int value = co_await build.get(Four());
            co_return value;
        }
        case 2:
            co_return co_await build.get(Five());
        default:
            break;
    }
    // co_await in a comment {is} no await ? at : all
    std::string text = "co_await f(Pair{1, 2})";
    co_return co_await build.get<Six>(Six(part, text));
}
