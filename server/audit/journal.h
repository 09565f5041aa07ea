#pragma once
/// @file server/audit/journal.h
/// Keeps the audit log: what is written stands in it by the same transaction (where processes share the store, at times
/// beside the chain, which it joins within 100 ms); what is read is gathered and written
/// every 100 ms, and at a stop. What a kill loses of the latter is told at the next start. Also remembers which proofs
/// of possession were used, so that a restart makes none of them good again. Threads: one of its own; seen() and
/// remember() from any.
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server/access/rate_limit.h"
#include "server/access/seen_proofs.h"
#include "server/interaction/repository.h"
#include "server/storage/audit_log.h"
#include "server/storage/seen_settings.h"

namespace varde::audit {

class Journal final : public interaction::Auditor {
 public:
  /// `repository` as ourselves; it outlives this. `log`: what an operator should know.
  Journal(const interaction::Repository& repository, std::function<void(std::string_view)> log);
  ~Journal() override;
  Journal(const Journal&) = delete;

  void start();
  void stop();   ///< writes what is gathered
  void flush();  ///< likewise, and goes on

  void seen(const access::Principal&, const interaction::AuditableEvent&, const interaction::Notes&,
            storage::Instant at) noexcept override;
  void done(interaction::Act&, const interaction::AuditableEvent&, const interaction::Notes&) override;
  void refused(const access::Principal&, const interaction::AuditableEvent&, int status,
               storage::Instant at) noexcept override;

  /// Before start: where others say what they do to the store beside us (announcements.h).
  void listen_at(std::filesystem::path data) { announcements_ = std::move(data); }
  /// After start: a change of the settings since the last one is told, by their names.
  void tell_settings(const storage::seen_settings::Digests& in_force);

  void remember(const std::string& proof, access::Seconds until);
  void restore(access::SeenProofs& seen) const;  ///< those that earlier runs remembered

 private:
  void gather(const access::Principal&, const interaction::AuditableEvent&, const interaction::Notes&, int status,
              storage::Instant at) noexcept;
  void run(const std::stop_token& stop);
  void take_announcements();
  enum class Strangers : bool { wait, told };  ///< of those that were not told one by one, their number
  bool write_all(Strangers strangers = Strangers::told);
  int free_place() const;

  static constexpr std::size_t kStrangersPerSecond = 5;
  const interaction::Repository& repository_;
  const std::function<void(std::string_view)> log_;
  std::filesystem::path announcements_;      ///< empty: nobody says anything
  std::set<std::filesystem::path> told_of_;  ///< those that stand in the log and cannot be removed
  std::mutex mutex_, writing_;
  std::condition_variable_any changed_;
  std::condition_variable room_;
  std::vector<storage::audit_log::Row> gathered_;
  std::vector<std::pair<std::string, std::int64_t>> proofs_;
  std::atomic<bool> lost_ = false;
  /// Whoever has no login must not fill the store: so many of each kind a second are told one by one, the others by
  /// their number.
  access::RateLimit strangers_{kStrangersPerSecond};
  std::atomic<std::size_t> untold_ = 0;
  std::atomic<bool> unsealed_ = true;  ///< rows may wait for their place in the chain (storage::audit_log::seal)
  bool failing_ = false;
  int place_ = 1;  ///< among the processes that share the store
  std::jthread thread_;
};

}  // namespace varde::audit
