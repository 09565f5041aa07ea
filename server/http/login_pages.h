#pragma once
/// @file server/http/login_pages.h
/// The browser's side of access/page_login.h: the addresses /login, /login/callback, /login/ended (the issuer's word
/// that somebody logged out) and /logout, and the cookies. What a cookie lets somebody write must come from a page of
/// ours: the browser has to say so (Origin, or Sec-Fetch-Site).
/// Source: RFC 6265bis (cookies, __Host-), https://www.w3.org/TR/fetch-metadata/
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/access/page_login.h"
#include "server/http/wire.h"
#include "server/interaction/auditor.h"
#include "server/interaction/request.h"

namespace varde::http {

class LoginPages {
 public:
  /// `base`: the public FHIR base. `login` and `auditor` (nullptr: nobody is told) outlive this.
  LoginPages(access::PageLogin& login, std::string_view base, interaction::Auditor* auditor,
             std::function<storage::Instant()> now);

  /// nullopt: it is no address of these.
  std::optional<interaction::Response> answer(const Received& received, std::string_view path,
                                              std::string_view query) const;
  /// Whose session the request's cookie names; nullptr: nobody's.
  std::shared_ptr<const access::Principal> who(const Received& received) const;
  /// Whether a request by cookie changes nothing, or says that it comes from a page of ours. Pages of other sites that
  /// may ask with a token (setting allowed origins) may not write by a cookie.
  bool may_write(const Received& received) const;
  static interaction::Response refused();  ///< where it may not
  /// What a person sees instead of a page that the login does not reach.
  static interaction::Response not_for_you(const Failure& why);
  /// Where a browser that asks for a page without a session is sent.
  static interaction::Response to_login(std::string_view target);

 private:
  interaction::Response begin(std::string_view query) const;
  interaction::Response finish(const Received& received, std::string_view query) const;
  interaction::Response leave(const Received& received) const;
  interaction::Response told_by_issuer(const Received& received) const;
  std::string cookie(std::string_view name, std::string_view value, bool kept) const;

  void tell_refused(const Received& received, const char* event, const access::Refusal& why) const;
  void tell(const access::Principal* who, const char* event) const;

  access::PageLogin& login_;
  const std::string origin_;  ///< "https://fhir.example.no"
  const bool secure_;
  interaction::Auditor* const auditor_;
  const std::function<storage::Instant()> now_;
};

}  // namespace varde::http
