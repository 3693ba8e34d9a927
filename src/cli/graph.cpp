// `cermet graph`: the graph of the project, and who told what to whom, as text, JSON or SVG on stdout.
// SPDX-License-Identifier: MIT
//
// What steps read, and what scripts say, is known by running them: so it builds as `build` does, without writing a wheel,
// and shows the graph of that build. After a build that is quick, as everything is remembered. When a step fails, what is
// known until then is shown, and the failure is the command's.
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/graph_drawing.h"
#include "cli/observer.h"
#include "cli/rust_workspace.h"
#include "cli/told_facts.h"

#include "base/text.h"
#include "languages/python/distribution.h"
#include "languages/python/package.h"
#include "languages/python/targets.h"

namespace cermet::cli {
namespace graph_detail {

// The checkout under its own name, also where a mirror stands over it.
Json places_json(Session& session) {
    Json json{Json::Object{}};
    for (const auto& [canonical, host] : session.executor().places().all())
        json.set(canonical, replace_all(host, session.root() + "/mirror", session.checkout().host));
    return json;
}

std::string shown(Session& session, const Arguments& arguments) {
    const Detail detail = arguments.graph.steps ? Detail::Steps : Detail::Targets;
    const bool long_lists = arguments.verbose > 0;
    if (arguments.json) {
        Json json = report::drawing_json(draw_graph(session, detail));
        json.set("version", 1).set("places", places_json(session));
        if (arguments.graph.facts) json.set("facts", facts_json(told_facts(session)));
        return json.dump(2);
    }
    if (arguments.graph.facts) {
        const std::vector<ToldFact> facts = told_facts(session);
        if (arguments.graph.svg) return report::drawing_svg(facts_drawing(facts));
        return facts_text(facts, long_lists ? Values::Shown : Values::Hidden);
    }
    const report::Drawing drawing = report::without_shortcuts(draw_graph(session, detail));
    if (arguments.graph.svg) return report::drawing_svg(drawing);
    return report::tree_text(drawing, long_lists ? report::Lists::Full : report::Lists::Short);
}

}  // namespace graph_detail

int graph_command(const Arguments& given) {
    Arguments arguments = given;
    Listeners listeners(arguments);
    std::optional<RustWorkspace> workspace;
    Result<SessionSettings> settings = settings_anywhere(arguments, listeners, workspace);
    if (!settings.ok()) return print_error(settings.error());
    if (workspace) {
        Status no_targets = without_targets(arguments);
        if (!no_targets.ok()) return print_error(no_targets.error());
    }
    Result<std::unique_ptr<Session>> session = start_session(*settings);
    if (!session.ok()) return print_error(session.error());
    Status built = build_everything(**session, arguments, workspace, arguments.targets);
    if (built.ok() || built.error().kind == ErrorKind::Step || built.error().kind == ErrorKind::Project) {
        print_line(std::string(trim(graph_detail::shown(**session, arguments))));
    }
    if (!built.ok()) return print_failures(**session, built.error());
    return 0;
}

}  // namespace cermet::cli
