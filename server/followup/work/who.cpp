#include "server/followup/work/who.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "server/followup/codes.h"
#include "server/followup/limits.h"
#include "server/followup/parts.h"
#include "server/followup/work/agreement.h"
#include "server/followup/work/closing.h"
#include "server/followup/work/colour.h"
#include "server/followup/work/person.h"
#include "server/interaction/text.h"

namespace varde::followup {
namespace {

constexpr std::string_view kDataOperation = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";

struct Doers {
  struct One {
    std::shared_ptr<const fhir::Tree> by;  ///< null: nobody
    std::string operation;
  };
  std::vector<One> stack;
  int said = 0;
};

enum class When : std::uint8_t {
  always,   ///< also as the consequence of another step of the same person
  himself,  ///< only what the person writes
};
struct Watched {
  std::string_view type;
  When when;
};
constexpr std::array kWatched{
    Watched{"EpisodeOfCare", When::always}, Watched{"CarePlan", When::always},
    Watched{"Device", When::always},        Watched{"ServiceRequest", When::himself},
    Watched{"Task", When::himself},         Watched{"Communication", When::himself},
};

const Watched* watched(fhir::TypeId type) {
  const auto row = std::ranges::find(kWatched, std::string_view(fhir::row_of(type).name), &Watched::type);
  return row == kWatched.end() ? nullptr : &*row;
}

/// nullopt: nobody, or nobody knows.
std::optional<fhir::Tree> who(interaction::Act& act) {
  const auto& stack = act.state<Doers>().stack;
  if (!stack.empty() && stack.back().by) return fhir::Tree::copy_of(stack.back().by->root());
  if (act.principal().kind == access::Principal::Kind::person) return logged_in(act);
  return std::nullopt;
}

std::string_view data_operation(const interaction::Stored& stored) {
  if (!stored.resource) return "DELETE";
  return stored.previous ? "UPDATE" : "CREATE";
}

}  // namespace

DoneBy::DoneBy(interaction::Act& act, fhir::Element by, std::string_view operation) : act_(act) {
  Doers::One one{nullptr, std::string(operation)};
  if (by && !party_key(by).empty()) one.by = std::make_shared<const fhir::Tree>(fhir::Tree::copy_of(by));
  act_.state<Doers>().stack.push_back(std::move(one));
}
DoneBy::~DoneBy() { act_.state<Doers>().stack.pop_back(); }

SaysWho::SaysWho(interaction::Act& act) : act_(act) { ++act_.state<Doers>().said; }
SaysWho::~SaysWho() { --act_.state<Doers>().said; }

Result<void> record_who(interaction::Act& act, const interaction::Stored& stored) {
  const auto* const row = watched(stored.version.type);
  if (!row) return {};
  if (row->when == When::himself && (ByItself::is(act) || act.state<Doers>().said > 0)) return {};
  const auto by = who(act);
  if (!by) return {};
  auto tree = fhir::Tree::of("Provenance");
  auto provenance = tree.edit();
  add_reference(provenance, "target", versioned(row->type, stored.version.id, stored.version.version));
  provenance.set("recorded", interaction::fhir_instant(act.now()));
  auto activity = provenance.add("activity");
  add_coding(activity, kDataOperation, data_operation(stored));
  const auto& stack = act.state<Doers>().stack;
  if (!stack.empty()) activity.set("text", stack.back().operation);
  provenance.add("agent").add_copy("who", by->root());
  return act.create(provenance).map([](const auto&) {});
}

}  // namespace varde::followup
