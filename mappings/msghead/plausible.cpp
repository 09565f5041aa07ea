#include "mappings/msghead/plausible.h"

#include <algorithm>
#include <chrono>

#include "norway/her_id.h"
#include "norway/moment.h"

namespace varde::mappings {
namespace {

/// A clock may be wrong by a day; none of the standards is older than this.
constexpr std::chrono::hours kAhead{24};
constexpr std::string_view kOldest = "2000-01-01";

CodedError refused(std::string_view norwegian, std::string_view place, std::string_view english) {
  std::string detail(norwegian);
  return {"X99", std::string(apprec_error_name("X99")),
          detail.append(": ").append(place).append(" | ").append(english)};
}

bool is_impossible_time(std::string_view generated, time::Instant received) {
  const auto when = norway::parse_moment(generated);
  return when && (when->begin > received + kAhead || when->end <= norway::parse_moment(kOldest)->begin);
}

bool has_impossible_her_id(const Party& party) {
  const auto impossible = [](const Identifier& id) { return id.type == "HER" && !norway::is_her_id(id.value); };
  return std::ranges::any_of(party.organisation_ids, impossible) ||
         std::ranges::any_of(party.department_ids, impossible) || std::ranges::any_of(party.person_ids, impossible);
}

/// Of the parties, the first whose HER-id cannot be; empty when there is none.
std::string place_of_her_id(const Message& message) {
  const std::string above = message.is_bare() ? "/Message//" : "/MsgHead/MsgInfo/";
  const bool request = message.is_bare() && message.payload() && message.payload()->name == "ServReq";
  const auto* const provider = request ? "Requester" : "ServProvider";
  const auto* const requester = request ? "ServProvider" : "Requester";
  if (has_impossible_her_id(message.sender)) return above + (message.is_bare() ? provider : "Sender");
  if (has_impossible_her_id(message.receiver)) return above + (message.is_bare() ? requester : "Receiver");
  if (std::ranges::any_of(message.copy_receivers, has_impossible_her_id))
    return above + (message.is_bare() ? "CopyDest" : "OtherReceiver");
  return {};
}

}  // namespace

std::optional<CodedError> implausible(const Message& message, time::Instant received) {
  if (is_impossible_time(message.generated, received))
    return refused("Meldingens tidspunkt (GenDate) kan ikke være riktig: det er før år 2000 eller mer enn et døgn frem",
                   message.is_bare() ? "/Message/GenDate" : "/MsgHead/MsgInfo/GenDate",
                   "GenDate cannot be right: it is before the year 2000 or more than a day ahead.");
  if (const auto place = place_of_her_id(message); !place.empty())
    return refused("HER-id må være et tall med høyst ti sifre, og ikke null", place,
                   "A HER-id is a number of ten digits at most, and not zero.");
  return std::nullopt;
}

}  // namespace varde::mappings
