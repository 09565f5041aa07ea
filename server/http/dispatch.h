#pragma once
/// @file server/http/dispatch.h
/// From an HTTP request to interaction::Dispatcher, or to a route outside FHIR; and back, in the form that is wanted.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/login_pages.h"
#include "server/http/server.h"
#include "server/http/wire.h"
#include "server/interaction/dispatcher.h"

namespace varde::http {

class Dispatch {
 public:
  Dispatch(interaction::Context& context, interaction::Repository repository,
           std::vector<interaction::Route> operations, std::vector<PlainRoute> plain,
           access::Authenticator* logins = nullptr, std::vector<std::pair<std::string, std::string>> also_at = {});
  Dispatch(const Dispatch&) = delete;

  /// Before the first answer: how a browser logs in. `pages` outlives this.
  void log_in_by(access::PageLogin& pages, std::string_view base);
  /// Before the first answer: searches that take as long get a line, with what they asked by and no value.
  void tell_slow(std::chrono::milliseconds slow, std::function<void(std::string_view)> log) {
    slow_ = slow, log_ = std::move(log);
  }

  /// `base`: public FHIR base. A Failure becomes an OperationOutcome here; what throws is the caller's to catch.
  /// Takes the body out of `received`.
  interaction::Response answer(Received& received, const std::string& base) const;
  /// What the address takes, "GET, HEAD, POST, OPTIONS"; empty where there is nothing. Asks nobody who they are.
  std::string allowed(const Received& received) const;

 private:
  /// Media types that the route of the request answers in, where the client names any but FHIR's.
  std::string_view offered_beside_fhir(interaction::Request& request) const;
  /// Sets the principal; why it is nobody, when it is.
  std::optional<access::Refusal> take_login(const Received& received, std::string_view path,
                                            interaction::Request& request, bool& by_cookie) const;
  /// The address below the base that `target` stands for, in its own words or others; nullopt: none of FHIR.
  std::optional<std::string_view> below_base(std::string_view target) const;
  interaction::Response answer_fhir(interaction::Request& request) const;
  void tell_if_slow(interaction::Request& request, std::chrono::steady_clock::time_point began) const;
  interaction::Response answer_plain(const interaction::Request& request, const Received& received,
                                     std::string_view path) const;

  interaction::Context& context_;
  interaction::Routes routes_;
  interaction::Dispatcher dispatcher_;
  std::vector<PlainRoute> plain_;
  access::Authenticator* logins_;
  std::optional<LoginPages> pages_;
  std::function<storage::Instant()> now_;
  std::vector<std::pair<std::string, std::string>> also_at_;
  std::chrono::milliseconds slow_{};
  std::function<void(std::string_view)> log_;
};

}  // namespace varde::http
