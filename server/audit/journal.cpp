#include "server/audit/journal.h"

#include <algorithm>

#include "server/access/digest.h"
#include "server/audit/announcements.h"
#include "server/audit/event.h"

namespace varde::audit {
namespace {

using storage::audit_log::Row;

constexpr std::chrono::milliseconds kPause{100};
constexpr int kPassesBetweenStrangers = 600;     // a minute
constexpr int kPassesBetweenAnnouncements = 10;  // a second
/// So many wait at most; whoever comes then waits for room: nothing is let go of.
constexpr std::size_t kMostGathered = 50'000;

}  // namespace

Journal::Journal(const interaction::Repository& repository, std::function<void(std::string_view)> log)
    : repository_(repository), log_(std::move(log)) {}

Journal::~Journal() { stop(); }

/// The lowest that nobody holds: that of a process which was killed is taken, and told of, by the next that starts.
int Journal::free_place() const {
  for (int place = 1;; ++place)
    if (repository_.hold("audit/" + std::to_string(place))) return place;
}

void Journal::start() {
  place_ = free_place();
  const bool left_open =
      repository_.read([&](const interaction::View& view) { return storage::audit_log::was_left_open(view, place_); });
  if (left_open)
    log_("audit: the last run was ended without a stop; what was read in its last 200 ms may be missing in the log");
  (void)repository_.write([&](interaction::Act& act) -> Result<void> {
    if (left_open) {
      interaction::AuditableEvent audited{
          "the last run was ended without a stop: up to 200 ms of reads may be missing"};
      auto rows = rows_of(act.principal(), audited, {}, 200, act.now());
      storage::audit_log::append(act, rows, access::sha256);
    }
    storage::audit_log::set_open(act, place_, true);
    return {};
  });
  take_announcements();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Journal::take_announcements() {
  if (announcements_.empty()) return;
  auto all = announced(announcements_);
  std::erase_if(all, [&](const Announced& one) { return told_of_.contains(one.file); });
  if (all.empty()) return;
  try {
    const auto told = repository_.write([&](interaction::Act& act) -> Result<void> {
      for (const Announced& one : all) {
        const access::Principal who{access::Principal::Kind::system, "command line: " + one.said.user};
        auto rows = rows_of(who, {one.said.event, one.said.what, false}, {}, 200, act.now());
        storage::audit_log::append(act, rows, access::sha256);
      }
      return {};
    });
    if (!told) return;
  } catch (const std::exception&) {
    return;  // the files stay until it can be told
  }
  for (const Announced& one : all) {
    std::error_code left;
    std::filesystem::remove(one.file, left);
    if (!left) continue;
    told_of_.insert(one.file);
    log_("audit: an announcement that is told cannot be removed, and will be told again at the next start");
  }
}

void Journal::tell_settings(const storage::seen_settings::Digests& in_force) {
  (void)repository_.write([&](interaction::Act& act) -> Result<void> {
    std::string names;
    for (const std::string& name : storage::seen_settings::note(act, in_force))
      names.append(names.empty() ? "" : " ").append(name);
    if (names.empty()) return {};
    auto rows = rows_of(access::ourselves("settings"),
                        {"settings were changed since the last start", "settings=" + names, false}, {}, 200, act.now());
    storage::audit_log::append(act, rows, access::sha256);
    return {};
  });
}

void Journal::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  changed_.notify_all();
  thread_.join();
  if (!write_all()) return;  // said already; the mark stays, so that the next start tells of it
  (void)repository_.write([&](interaction::Act& act) -> Result<void> {
    storage::audit_log::set_open(act, place_, false);
    return {};
  });
}

void Journal::flush() { (void)write_all(); }

void Journal::run(const std::stop_token& stop) {
  for (int passes = 1; !stop.stop_requested(); ++passes) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, kPause, [] { return false; });
    }
    if (passes % kPassesBetweenAnnouncements == 0) take_announcements();
    (void)write_all(passes % kPassesBetweenStrangers == 0 ? Strangers::told : Strangers::wait);
  }
}

bool Journal::write_all(Strangers strangers) {
  const std::lock_guard one_at_a_time(writing_);
  std::vector<Row> rows;
  std::vector<std::pair<std::string, std::int64_t>> proofs;
  {
    const std::lock_guard lock(mutex_);
    rows.swap(gathered_), proofs.swap(proofs_);
  }
  if (const std::size_t untold = strangers == Strangers::told ? untold_.exchange(0) : 0; untold > 0) {
    const interaction::AuditableEvent audited{std::to_string(untold) + " further requests without a good login"};
    for (Row& row : rows_of(access::ourselves("audit"), audited, {}, 401, repository_.now()))
      rows.push_back(std::move(row));
  }
  if (lost_.exchange(false)) log_("audit: there was no memory to note down what somebody read");
  // Once a minute those of a process that was killed, too.
  const bool unsealed = repository_.is_shared() && (unsealed_.exchange(false) || strangers == Strangers::told);
  if (rows.empty() && proofs.empty() && !unsealed) return true;
  bool written = false;
  try {
    const auto done = repository_.write([&](interaction::Act& act) -> Result<void> {
      if (unsealed) storage::audit_log::seal(act, access::sha256);
      storage::audit_log::append(act, rows, access::sha256);
      const auto now = std::chrono::floor<std::chrono::seconds>(act.now()).time_since_epoch().count();
      if (!proofs.empty()) storage::audit_log::forget_proofs(act, now);
      for (const auto& [proof, until] : proofs) storage::audit_log::remember_proof(act, proof, until);
      return {};
    });
    written = done.has_value();
  } catch (const std::exception&) {
    written = false;  // the store says what hinders, on /ready and to every writer
  }
  if (!written) {  // kept for the next time
    if (unsealed) unsealed_ = true;
    const std::lock_guard lock(mutex_);
    gathered_.insert(gathered_.begin(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    proofs_.insert(proofs_.begin(), std::make_move_iterator(proofs.begin()), std::make_move_iterator(proofs.end()));
  }
  if (!written && !failing_) log_("audit: the log cannot be written; readers wait when too much is gathered");
  failing_ = !written;
  if (written) room_.notify_all();
  return written;
}

void Journal::gather(const access::Principal& who, const interaction::AuditableEvent& audited,
                     const interaction::Notes& notes, int status, storage::Instant at) noexcept {
  try {
    auto rows = rows_of(who, audited, notes, status, at);
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return gathered_.size() < kMostGathered || !thread_.joinable(); });
    gathered_.insert(gathered_.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  } catch (const std::bad_alloc&) {
    lost_ = true;  // the answer is made already; that something is missing here is told
  }
}

void Journal::seen(const access::Principal& who, const interaction::AuditableEvent& audited,
                   const interaction::Notes& notes, storage::Instant at) noexcept {
  gather(who, audited, notes, 200, at);
}

void Journal::refused(const access::Principal& who, const interaction::AuditableEvent& audited, int status,
                      storage::Instant at) noexcept {
  try {
    if (!who.grant && !strangers_.take(who.id)) {
      ++untold_;
      return;
    }
  } catch (const std::bad_alloc&) {
    lost_ = true;
    return;
  }
  gather(who, audited, {}, status, at);
}

void Journal::done(interaction::Act& act, const interaction::AuditableEvent& audited, const interaction::Notes& notes) {
  auto rows = rows_of(act.principal(), audited, notes, 200, act.now());
  storage::audit_log::append(act, rows, access::sha256);
  if (!act.transaction().reaches_everything()) unsealed_ = true;
}

void Journal::remember(const std::string& proof, access::Seconds until) {
  const std::lock_guard lock(mutex_);
  proofs_.emplace_back(proof, until.time_since_epoch().count());
}

void Journal::restore(access::SeenProofs& seen) const {
  const auto proofs =
      repository_.read([](const interaction::View& view) { return storage::audit_log::remembered_proofs(view); });
  for (const auto& [proof, until] : proofs) seen.restore(proof, access::Seconds{std::chrono::seconds{until}});
}

}  // namespace varde::audit
