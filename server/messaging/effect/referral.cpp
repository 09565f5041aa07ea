// HELSEOPPL_SOKNAD: a referral to digital home follow-up; somebody must receive and answer it.
#include "server/messaging/effect/stay.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

struct Known {
  std::string id;
  fhir::Tree request;
};

/// The referral that this dialogue is about.
std::optional<Known> find_referral(const Case& c, std::string_view system, std::string_view value) {
  for (const auto key : c.db.by_identifier(fhir::find_resource_type("ServiceRequest"), system, value))
    if (auto tree = load(c.db, key)) return Known{std::string(tree->root()["id"].value()), std::move(*tree)};
  return std::nullopt;
}

std::optional<Known> find_earlier(const Case& c) {
  for (const auto& msg_id : {c.message.conversation_id, c.message.parent_id}) {
    if (!msg_id) continue;
    if (auto known = find_referral(c, names::kConversation, c.mark_of(*msg_id))) return known;
    if (auto known = find_referral(c, names::kMessage, c.mark_of(*msg_id))) return known;
  }
  return std::nullopt;
}

bool is_open(const Case& c, std::string_view task_id) {
  const auto task = task_id.empty() ? std::nullopt : load(c.db, "Task", task_id);
  return task && task->root()["status"].value() == "requested";
}

/// A change carries everything anew: the referral gets a new version that keeps who it is.
Result<void> change(Case& c, BundleWriter::Entry& told, const Known& earlier) {
  auto request = told.resource.edit();
  for (const auto each : earlier.request.root().each("identifier"))
    if (each["system"].value() == names::kMessage || each["system"].value() == names::kConversation)
      request.add_copy("identifier", each);
  add_identifier(request, names::kMessage, c.mark(), c.message.type);
  std::string task(work_item(earlier.request.root()));
  if (!is_open(c, task)) {
    const auto raised = ask(c, "receive-referral", "urgent",
                            "Motta og behandle henvisning: " + display_of(c.message.sender) + " har endret henvisningen.",
                            "ServiceRequest/" + earlier.id);
    if (!raised) return tl::unexpected<Failure>(raised.error());
    task = *raised;
  }
  set_work_item(request, task);
  BundleWriter::replace(told, earlier.id);
  return {};
}

}  // namespace

Result<void> referral(Case& c) {
  auto* told = c.bundle.first("ServiceRequest");
  if (told == nullptr) return fail(Fault::internal, "a referral without ServiceRequest");
  if (c.message.status == "M")
    if (const auto earlier = find_earlier(c)) return change(c, *told, *earlier);
  const std::string conversation = c.mark_of(c.message.conversation_id.value_or(c.message.id.text));
  if (c.message.status != "M") {
    // A change overtook its original: what it said stays in force, the original is only filed.
    if (const auto changed = find_referral(c, names::kConversation, c.mark())) {
      BundleWriter::bind(*told, changed->id);
      return {};
    }
  }
  auto request = told->resource.edit();
  add_identifier(request, names::kMessage, c.mark(), c.message.type);
  add_identifier(request, names::kConversation, conversation);
  return ask(c, "receive-referral", "urgent", "Motta og behandle henvisning fra " + display_of(c.message.sender) + ".",
             "ServiceRequest/" + told->id)
      .map([&](const std::string& task) { set_work_item(request, task); });
}

Result<void> undo_referral(Case& c, std::string_view mark) {
  auto known = find_referral(c, names::kMessage, mark);
  if (!known) known = find_earlier(c);
  if (!known) return {};
  if (auto* told = c.bundle.first("ServiceRequest")) BundleWriter::bind(*told, known->id);
  auto request = known->request.edit();
  request.set("status", "entered-in-error");
  add_identifier(request, names::kMessage, c.mark(), c.message.type);
  const auto saved = c.store.update(c.db, request, known->id);
  if (!saved) return tl::unexpected<Failure>(saved.error());
  const auto withdrawn = withdraw(c, work_item(known->request.root()));
  if (!withdrawn) return tl::unexpected<Failure>(withdrawn.error());
  if (*withdrawn) return {};
  return ask(c, "information", "urgent",
             "Henvisningen er kansellert av " + display_of(c.message.sender) + ", men noen har begynt å behandle den.",
             "ServiceRequest/" + known->id)
      .map([](const auto&) {});
}

}  // namespace varde::messaging
