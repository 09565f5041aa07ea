#include "server/command/message_settings.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fhir-model/text/trim.h"
#include "server/command/transports.h"
#include "server/messaging/delivery.h"

namespace varde::command {
namespace {

using fhir::text::trimmed;

constexpr std::string_view kFolderRoute = "folder";

/// NAME=TRANSPORT:HER-ID,HER-ID
Result<RouteSetting> route_of(std::string_view text) {
  const auto malformed = [] {
    return fail(Fault::parameter_malformed,
                "must be NAME=TRANSPORT:HER-ID,HER-ID, such as hospital=folder:8141253, with spaces between several");
  };
  const auto equals = text.find('='), colon = text.find(':');
  if (equals == text.npos || colon == text.npos || colon < equals) return malformed();
  RouteSetting route{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1, colon - equals - 1)), {}};
  const bool named = !route.name.empty() && std::all_of(route.name.begin(), route.name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  const Transport* const transport = find_transport(route.transport);
  if (!named || route.name == kFolderRoute || route.name == messaging::kJournalRoute || !transport ||
      !transport->is_for_any)
    return malformed();
  for (text.remove_prefix(colon + 1);;) {
    const auto one = text.substr(0, text.find(','));
    if (!set_digits(route.receivers.emplace_back(), one)) return malformed();
    if (one.size() == text.size()) return route;
    text.remove_prefix(one.size() + 1);
  }
}

}  // namespace

Result<void> set_digits(std::string& number, std::string_view value) {
  if (value.empty() || value.size() > 10 ||
      !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return fail(Fault::parameter_malformed, "must be a number of at most ten digits");
  number = value;
  return {};
}

Result<void> set_her_ids(Config& config, std::string_view value) {
  std::vector<std::string> her_ids;
  do {
    const std::string_view one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    if (auto set = set_digits(her_ids.emplace_back(), one); !set) return set;
  } while (!value.empty());
  config.her_ids = std::move(her_ids);
  config.her_id_is_set = true;
  return {};
}
std::string show_her_ids(const Config& config) { return fmt::format("{}", fmt::join(config.her_ids, " ")); }

Result<void> set_routes(Config& config, std::string_view value) {
  std::vector<RouteSetting> routes;
  while (!value.empty()) {
    const std::string_view one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    auto route = route_of(one);
    FHIR_TRY(route);
    for (const auto& other : routes)
      if (other.name == route->name) return fail(Fault::parameter_malformed, "must name each route once");
    routes.push_back(std::move(*route));
  }
  config.routes = std::move(routes);
  return {};
}
std::string show_routes(const Config& config) {
  std::vector<std::string> out;
  for (const auto& route : config.routes)
    out.push_back(fmt::format("{}={}:{}", route.name, route.transport, fmt::join(route.receivers, ",")));
  return fmt::format("{}", fmt::join(out, " "));
}

Result<void> set_unknown_service(Config& config, std::string_view value) {
  if (value != "refuse" && value != "ignore") return fail(Fault::parameter_malformed, "must be refuse or ignore");
  config.refuse_unknown_service = value == "refuse";
  return {};
}
std::string show_unknown_service(const Config& config) { return config.refuse_unknown_service ? "refuse" : "ignore"; }

Result<void> set_synthetic_numbers(Config& config, std::string_view value) {
  if (value != "refuse" && value != "take") return fail(Fault::parameter_malformed, "must be refuse or take");
  config.refuse_synthetic = value == "refuse";
  config.service.synthetic = config.refuse_synthetic ? followup::Synthetic::refuse : followup::Synthetic::take;
  return {};
}
std::string show_synthetic_numbers(const Config& config) { return config.refuse_synthetic ? "refuse" : "take"; }

Result<void> set_test_messages(Config& config, std::string_view value) {
  if (value != "keep" && value != "process") return fail(Fault::parameter_malformed, "must be keep or process");
  config.process_test_messages = value == "process";
  return {};
}
std::string show_test_messages(const Config& config) { return config.process_test_messages ? "process" : "keep"; }

/// A telephone number as TeleAddress can carry it.
Result<void> set_telephone(Config& config, std::string_view value) {
  const auto digits = std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits < 3 || value.find_first_not_of("0123456789 ", value.starts_with("+") ? 1 : 0) != value.npos)
    return fail(Fault::parameter_malformed, "must be a telephone number such as +47 22 00 00 00");
  config.telephone = value, config.telephone_is_set = true;
  return {};
}

Result<void> set_responsible_hpr(Config& config, std::string_view value) {
  return set_digits(config.responsible_hpr, value);
}

Result<void> set_organisation_her_id(Config& config, std::string_view value) {
  return set_digits(config.organisation_her_id, value);
}

}  // namespace varde::command
