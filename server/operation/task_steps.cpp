/// Task/[id]/$take, $delegate, $comment, $snooze, $close, $journal: what people do with a work item, each as one act;
/// and Patient/[id]/$set-state. The answer is the Task as it is then. See server/followup/README.md, "Work".
#include <functional>

#include "server/followup/journal/entry.h"
#include "server/followup/work/step.h"
#include "server/interaction/answer.h"
#include "server/operation/doer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kTask = fhir::find_resource_type("Task");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

struct Asked {
  const Input& input;
  const interaction::View& view;
  std::string text(std::string_view name) const { return input.one(name).value_or(""); }
};
using DoWork = Result<void> (*)(const followup::Step&, const Asked&);

Result<Work> step(const Request& request, std::initializer_list<std::string_view> known, DoWork work) {
  return step_with(request, kTask, known,
                   [&request, work](interaction::Act& act, const Input& input, fhir::Element by) {
                     return work({act, request.id, by}, {input, act});
                   });
}

Result<void> do_delegate(const followup::Step& step, const Asked& asked) {
  const auto to = reference_in(asked.input, "to");
  FHIR_TRY(to);
  return followup::delegate(step, *to, asked.text("comment"));
}

Result<void> do_comment(const followup::Step& step, const Asked& asked) {
  const auto text = asked.input.one("text");
  if (!text) return fail(Fault::required_missing, "Kommentaren mangler (send the comment as text)", "text");
  return followup::comment(step, *text);
}

Result<void> do_snooze(const followup::Step& step, const Asked& asked) {
  const auto text = asked.input.one("until");
  if (!text)
    return fail(Fault::required_missing, "Oppgi når oppgaven skal varsles på nytt (until is a dateTime)", "until");
  const auto until = followup::parse_instant(*text, step.act.zone());
  if (!until) return fail(Fault::parameter_malformed, "until er ikke et tidspunkt (until is a dateTime)", "until");
  return followup::snooze(step, *until, asked.text("comment"));
}

std::string code_in(const Asked& asked, std::string_view name) {
  auto code = asked.text(name);
  code.erase(0, code.find('|') + 1);  // of a Coding the code
  return code;
}

Result<void> do_close(const followup::Step& step, const Asked& asked) {
  const auto journal = asked.input.flag("journal");
  FHIR_TRY(journal);
  FHIR_TRY(followup::close(step, {code_in(asked, "outcome"), asked.text("note"), asked.text("state")}));
  if (!*journal) return {};
  return followup::journal::copy_task(step, {}, {}).map([](const auto&) {});
}

Result<void> do_copy(const followup::Step& step, const Asked& asked) {
  FHIR_TRY(followup::check_person(step.act, step.by, "by"));
  return followup::journal::copy_task(step, code_in(asked, "kind"), asked.text("text")).map([](const auto&) {});
}

}  // namespace

Result<Work> take_task(const Request& request, const Context&, const Reads&) {
  return step(request, {"by"}, [](const followup::Step& step, const Asked&) { return followup::take(step); });
}
Result<Work> delegate_task(const Request& request, const Context&, const Reads&) {
  return step(request, {"by", "to", "comment"}, do_delegate);
}
Result<Work> comment_task(const Request& request, const Context&, const Reads&) {
  return step(request, {"by", "text"}, do_comment);
}
Result<Work> snooze_task(const Request& request, const Context&, const Reads&) {
  return step(request, {"by", "until", "comment"}, do_snooze);
}
Result<Work> close_task(const Request& request, const Context&, const Reads&) {
  return step(request, {"by", "outcome", "note", "state", "journal"}, do_close);
}

Result<Work> copy_task_to_journal(const Request& request, const Context&, const Reads&) {
  return step(request, {"by", "kind", "text"}, do_copy);
}

Result<Work> set_state(const Request& request, const Context&, const Reads&) {
  auto read = Input::read(request, {"by", "state", "reason"});
  FHIR_TRY(read);
  return
      [&request, input = std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<Response> {
        FHIR_TRY(interaction::find_live(act, kPatient, request.id));
        const auto by = doer(act, *input);
        FHIR_TRY(by);
        FHIR_TRY(followup::check_person(act, by->root(), "by"));
        const auto state = input->one("state").value_or("");
        FHIR_TRY(followup::set_patient_state(act, request.id, state, by->root(), input->one("reason").value_or("")));
        auto tree = fhir::Tree::of("Parameters");
        auto parameter = tree.edit().add("parameter");
        parameter.set("name", "state");
        parameter.set("valueCode", state);
        return interaction::answer_with(tree.root());
      };
}

}  // namespace varde::operation
