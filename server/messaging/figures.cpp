#include "server/messaging/figures.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "server/storage/messages.h"
#include "server/storage/routes.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kMostReceivers = 1'000;

double seconds_since(const interaction::View& view, const std::optional<storage::Instant>& then) {
  return then ? std::chrono::duration<double>(view.now() - *then).count() : 0.0;
}

void head(std::string& out, std::string_view name, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
}

/// Receivers to whom nothing goes just now: stopped by a person, or between two tries.
std::size_t paused(const interaction::View& view, const std::string& route) {
  std::size_t count = 0;
  for (const auto& receiver : storage::outbox::receivers_waiting(view, route, kMostReceivers))
    count += storage::outbox::paused_until(view, route, receiver).has_value();
  return count;
}

struct RouteFigure {
  std::string_view name, help;
  double (*of)(const interaction::View&, const std::string& route);
};
constexpr std::array kRouteFigures{
    RouteFigure{"varde_messages_waiting", "Messages that wait to go by the route.",
                [](const interaction::View& view, const std::string& route) {
                  return static_cast<double>(storage::outbox::waiting(view, route).count);
                }},
    RouteFigure{"varde_messages_waiting_seconds", "Age of the oldest message that waits to go by the route.",
                [](const interaction::View& view, const std::string& route) {
                  return seconds_since(view, storage::outbox::waiting(view, route).oldest);
                }},
    RouteFigure{"varde_route_failures", "Attempts in a row by which the route has failed.",
                [](const interaction::View& view, const std::string& route) {
                  return static_cast<double>(storage::routes::failures(view, route).count);
                }},
    RouteFigure{"varde_route_paused_receivers", "Receivers with waiting messages to whom nothing goes just now.",
                [](const interaction::View& view, const std::string& route) {
                  return static_cast<double>(paused(view, route));
                }},
};

/// Those that somebody or something has still to do with: what is processed and delivered grows for ever, and its count
/// would cost ever more.
constexpr std::array kIn{storage::InboxState::received, storage::InboxState::refused, storage::InboxState::unreadable};
constexpr std::array kOut{storage::OutboxState::queued, storage::OutboxState::sent, storage::OutboxState::refused,
                          storage::OutboxState::overdue, storage::OutboxState::failed};

}  // namespace

std::string figures(const interaction::View& view, const std::vector<Route>& routes) {
  std::string out;
  for (const auto& figure : kRouteFigures) {
    head(out, figure.name, figure.help);
    for (const auto& route : routes)
      fmt::format_to(std::back_inserter(out), "{}{{route=\"{}\"}} {}\n", figure.name, route.name,
                     figure.of(view, route.name));
  }
  head(out, "varde_messages", "Messages in that state now; processed and delivered ones are not counted.");
  const auto line = [&](std::string_view direction, std::string_view state, std::int64_t count) {
    fmt::format_to(std::back_inserter(out), "varde_messages{{direction=\"{}\",state=\"{}\"}} {}\n", direction, state,
                   count);
  };
  for (const auto state : kIn) line("in", storage::name_of(state), storage::inbox::in_state_now(view, state).count);
  for (const auto state : kOut) line("out", storage::name_of(state), storage::outbox::in_state_now(view, state).count);
  head(out, "varde_messages_received_waiting_seconds", "Age of the oldest received message that is not processed yet.");
  fmt::format_to(std::back_inserter(out), "varde_messages_received_waiting_seconds {}\n",
                 seconds_since(view, storage::inbox::in_state_now(view, storage::InboxState::received).oldest));
  return out;
}

}  // namespace varde::messaging
