#include "server/command/page_sessions.h"

#include "server/access/digest.h"
#include "server/storage/page_sessions.h"

namespace varde::command {
namespace {

constexpr std::size_t kCookie = 43;  // 32 bytes in base64url: for anything else the store is not asked
const storage::Reach kSessionsAlone{.everything = false};

search::CursorKey key_of(const std::string& secret, const std::string& cookie, storage::Instant begun) {
  return search::CursorKey::of(
      access::derived(secret, cookie, "varde page session\n" + std::to_string(begun.time_since_epoch().count())));
}

/// Again where others' writes are in its way.
template <class Doing>
Result<void> write(const interaction::Repository& repository, const storage::Reach& reach, Doing doing) {
  const auto all = [&](interaction::Act& act) -> Result<void> {
    doing(act);
    return {};
  };
  return interaction::again_where_contended([&] { return repository.write(all, reach); });
}

access::Seconds seconds(storage::Instant at) { return std::chrono::floor<std::chrono::seconds>(at); }

}  // namespace

void PageSessions::swept_by(clock::Clock& clock) {
  clock.on(storage::DueKind::page_session, [](interaction::Act& act, const storage::DueRow& row) -> Result<void> {
    storage::page_sessions::sweep(act, row);
    return {};
  });
}

std::string PageSessions::found_by(const access::IssuersWord& of, std::string_view what,
                                   const std::string& word) const {
  return word.empty() ? "" : access::derived(secret_, of.issuer, std::string(what) + "\n" + word);
}

Result<void> PageSessions::keep(const std::string& cookie, const access::Session& session,
                                const access::IssuersWord& of, access::Seconds ends) {
  auto plain = access::Json::of({{"id_token", session.id_token}});
  plain.set("claims", session.claims);
  const storage::page_sessions::Row row{access::sha256(cookie),
                                        key_of(secret_, cookie, session.begun).seal(plain.compact()),
                                        session.begun,
                                        session.used,
                                        ends,
                                        found_by(of, "sub", of.subject),
                                        found_by(of, "sid", of.session)};
  return write(repository_, {}, [&](interaction::Act& act) { storage::page_sessions::put(act, row); });
}

std::optional<access::Session> PageSessions::find(const std::string& cookie) const {
  if (cookie.size() != kCookie) return std::nullopt;
  const auto row = repository_.read(
      [&](const interaction::View& view) { return storage::page_sessions::find(view, access::sha256(cookie)); });
  if (!row) return std::nullopt;
  const auto plain = key_of(secret_, cookie, row->begun).open(row->sealed);
  const auto kept = plain ? access::Json::object(*plain, 20) : std::nullopt;
  if (!kept) return std::nullopt;
  return access::Session{kept->member("claims"), kept->text("id_token"), seconds(row->begun), seconds(row->used)};
}

void PageSessions::use(const std::string& cookie, access::Seconds used, access::Seconds ends) {
  const auto write = [&](interaction::Act& act) -> Result<void> {
    storage::page_sessions::set_used(act, access::sha256(cookie), used, ends);
    return {};
  };
  try {
    (void)repository_.write(write, kSessionsAlone);  // busy: it is written at the next request
  } catch (const storage::EngineError&) {
    // The store says what hinders; whoever is logged in goes on reading meanwhile.
  }
}

Result<void> PageSessions::end(const std::string& cookie) {
  return write(repository_, kSessionsAlone,
               [&](interaction::Act& act) { storage::page_sessions::remove(act, access::sha256(cookie)); });
}

Result<void> PageSessions::end_of(const access::IssuersWord& of) {
  const std::string subject = found_by(of, "sub", of.subject), session = found_by(of, "sid", of.session);
  return write(repository_, kSessionsAlone,
               [&](interaction::Act& act) { storage::page_sessions::remove_of(act, subject, session); });
}

search::CursorKey PageSessions::key_of_logins_under_way() const {
  return search::CursorKey::of(access::derived(secret_, "", "varde login under way"));
}

std::string PageSessions::seal(const std::string& text) const { return under_way_.seal(text); }

std::optional<std::string> PageSessions::open(const std::string& sealed) const {
  auto text = under_way_.open(sealed);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

}  // namespace varde::command
