// HELSEOPPL_SOKNAD: a referral to digital home follow-up, which somebody must receive and answer; or, when it says so,
// an early warning that the patient is in hospital.
#include <array>

#include <fmt/format.h>

#include "server/followup/enrolment.h"
#include "server/followup/task.h"
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

/// The referral itself, not the services that it proposes (TjenesteBehov).
BundleWriter::Entry* order_in(BundleWriter& bundle) {
  for (auto& entry : bundle.entries())
    if (entry.resource.root().type_name() == "ServiceRequest" && entry.resource.root()["intent"].value() == "order")
      return &entry;
  return nullptr;
}

/// The referral that this one replaces.
std::optional<Known> find_earlier(const Case& c) {
  for (const auto& mark : c.earlier)
    for (const auto key : c.act.by_identifier(fhir::find_resource_type("ServiceRequest"), names::kMessage, mark))
      if (auto tree = c.act.tree(key)) return Known{std::string(tree->root()["id"].value()), std::move(*tree)};
  return std::nullopt;
}

bool is_waiting(const Case& c, std::string_view task_id) {
  const auto task = task_id.empty() ? std::nullopt : c.act.tree(fhir::find_resource_type("Task"), task_id);
  return task && followup::is_untouched(task->root());
}

Result<void> ask_to_receive(Case& c, fhir::Editor request, const std::string& id, std::string_view words) {
  return ask(c, "receive-referral", "urgent", std::string(words), "ServiceRequest/" + id)
      .map([&](const std::string& task) { set_work_item(request, task); });
}

/// A change carries everything anew: the referral gets a new version that keeps who it is, and the Task that nobody has
/// begun with is about the new one.
Result<void> change(Case& c, BundleWriter::Entry& told, const Known& earlier) {
  auto request = told.resource.edit();
  for (const auto each : earlier.request.root().each("identifier"))
    if (each["system"].value() == names::kMessage) request.add_copy("identifier", each);
  BundleWriter::replace(told, earlier.id);
  const std::string task(work_item(earlier.request.root()));
  if (!is_waiting(c, task))
    return ask_to_receive(
        c, request, earlier.id,
        "Motta og behandle henvisning: " + display_of(c.message.sender) + " har endret henvisningen.");
  c.kept.push_back("Task/" + task);
  set_work_item(request, task);
  return {};
}

Result<void> referral(Case& c) {
  auto* told = order_in(c.bundle);
  if (told == nullptr) return fail(Fault::internal, "a referral without ServiceRequest");
  add_identifier(told->resource.edit(), names::kMessage, c.mark(), c.message.type);
  if (const auto earlier = find_earlier(c)) return change(c, *told, *earlier);
  return ask_to_receive(c, told->resource.edit(), told->id,
                        "Motta og behandle henvisning fra " + display_of(c.message.sender) + ".");
}

Result<void> undo_referral(Case& c, const Undone& undone) {
  if (!undone.begun) return {};
  return ask(c, "information", "urgent",
             "Henvisningen er kansellert av " + display_of(c.message.sender) + ", men noen har begynt å behandle den.")
      .map([](const auto&) {});
}

bool is_followed_up(const Case& c) {
  const auto enrolment = followup::enrolment_of(c.act, c.patient);
  return enrolment && enrolment->is_open();
}

/// HIS 1144:2014 §1: what the hospital or the municipality has to add about somebody. Of a referral that we have it is
/// a new version; about somebody whom we follow up already it is for a nurse to read, and asks for no new service;
/// about anybody else it is the referral itself.
Result<void> updated_information(Case& c) {
  auto* told = order_in(c.bundle);
  if (told == nullptr || find_earlier(c) || !is_followed_up(c)) return referral(c);
  told->resource.edit().set("intent", "plan");
  return ask(c, "information", "routine",
             fmt::format("Oppdaterte helseopplysninger fra {}. Les meldingen.", display_of(c.message.sender)))
      .map([](const auto&) {});
}

/// HIS 1144:2014 §1. It does not say that the patient is referred to us, and no time of admission: whether the
/// follow-up rests is for LOG_INNLAGT or a person to say.
Result<void> early_warning(Case& c) {
  return ask(c, "information", "urgent",
             fmt::format("Varsel om innlagt pasient fra {}. Les meldingen, og vurder om digital hjemmeoppfølging skal "
                         "pauses.",
                         display_of(c.message.sender)))
      .map([](const auto&) {});
}

Result<void> undo_early_warning(Case& c, const Undone&) {
  return ask(c, "information", "urgent",
             "Varselet om innlagt pasient er kansellert av " + display_of(c.message.sender) + ".")
      .map([](const auto&) {});
}

// clang-format off
// HIS 1144:2014: the first of a stay is an early warning, and the latest is always the one in force.
constexpr std::array kRows{
    //        content  unknown patient             again                      happens         undone by a cancellation
    EffectRow{"1",     EffectRow::Unknown::refuse, EffectRow::Again::latest,  early_warning,  undo_early_warning},
    EffectRow{"2",     EffectRow::Unknown::create, EffectRow::Again::latest,  updated_information, undo_referral},
    EffectRow{"",      EffectRow::Unknown::create, EffectRow::Again::latest,  referral,       undo_referral},
};
// clang-format on

/// HIS 80517: a referral from a GP or a hospital; each is a document of its own.
constexpr std::array kSpecialistRows{
    EffectRow{"", EffectRow::Unknown::create, EffectRow::Again::another, referral, undo_referral},
};

}  // namespace

constinit const Effects kReferral{kRows};
constinit const Effects kSpecialistReferral{kSpecialistRows};

}  // namespace varde::messaging
