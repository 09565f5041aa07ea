#pragma once
/// @file server/command/page_sessions.h
/// Logins of our own pages, kept in the store (storage/page_sessions.h). Who it is stands there sealed by a key that is
/// made of the secret that all processes share and of the cookie's value, which the browser alone has: neither a copy
/// of the store nor its key opens a session. A row opens by its own cookie and begin alone.
/// Source: RFC 5869 (HKDF), NIST SP 800-38D (AES-256-GCM)
#include <string>
#include <string_view>
#include <utility>

#include "server/access/sessions.h"
#include "server/clock/clock.h"
#include "server/interaction/repository.h"
#include "server/search/cursor.h"

namespace varde::command {

class PageSessions final : public access::Sessions {
 public:
  /// `repository` as ourselves. `secret`: 32 bytes, the same for all processes on the store.
  PageSessions(interaction::Repository repository, std::string_view secret)
      : repository_(std::move(repository)), secret_(secret), under_way_(key_of_logins_under_way()) {}

  /// Those that have ended are forgotten. Before the clock starts.
  static void swept_by(clock::Clock& clock);

  Result<void> keep(const std::string& cookie, const access::Session& session, const access::IssuersWord& of,
                    access::Seconds ends) override;
  std::optional<access::Session> find(const std::string& cookie) const override;
  void use(const std::string& cookie, access::Seconds used, access::Seconds ends) override;
  Result<void> end(const std::string& cookie) override;
  Result<void> end_of(const access::IssuersWord& of) override;
  std::string seal(const std::string& text) const override;
  std::optional<std::string> open(const std::string& sealed) const override;

 private:
  /// What a word of the issuer's is found by; empty for none.
  std::string found_by(const access::IssuersWord& of, std::string_view what, const std::string& word) const;

  const interaction::Repository repository_;
  search::CursorKey key_of_logins_under_way() const;

  const std::string secret_;
  const search::CursorKey under_way_;
};

}  // namespace varde::command
