#include "server/storage/postgresql/processes.h"

#include <poll.h>

namespace varde::storage::postgresql {
namespace {

using namespace std::chrono_literals;

constexpr auto kAskAgain = 500ms;  // for a duty that another one does
constexpr auto kLook = 200ms;      // whether to stop, and whether the server is back

constexpr sql::Query kSchema{"SELECT current_schema()"};
// Of 'VARD' and a hash: two duties that share one are done by one process.
constexpr sql::Query kHold{"SELECT pg_try_advisory_lock(1447121476, hashtext(?1 || '/duty/' || ?2))::int"};
constexpr sql::Query kUse{"INSERT INTO seen_proof (proof, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
constexpr sql::Query kOffer{"INSERT INTO common_secret (name, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
constexpr sql::Query kTakeKeys{"UPDATE key_block SET next = next + ?1 WHERE one = 1 RETURNING next - ?1"};
constexpr sql::Query kSecret{"SELECT bytes FROM common_secret WHERE name = ?1"};

}  // namespace

Connection& Processes::session() {
  if (connection_.is_up() && connection_.times_made() == made_) return connection_;
  held_.clear(), asked_.clear();
  // What is used once is seen by all at once; that it is on the disk a moment later does not hold anybody up.
  connection_.begin();
  connection_.rollback();
  connection_.script("SET synchronous_commit = off; LISTEN varde");
  {
    auto row = connection_.query(kSchema);
    row.next();
    schema_ = row.string(0);
  }
  made_ = connection_.times_made();
  return connection_;
}

bool Processes::hold(std::string_view duty) {
  const std::lock_guard lock(mutex_);
  Connection& session = this->session();
  const std::string name(duty);
  if (held_.contains(name)) return true;
  const auto now = SteadyClock::now();
  if (const auto asked = asked_.find(name); asked != asked_.end() && now - asked->second < kAskAgain) return false;
  auto row = session.query(kHold, schema_, duty);
  row.next();
  if (row.integer(0) == 0) {
    asked_[name] = now;
    return false;
  }
  held_.insert(name);
  return true;
}

bool Processes::is_first_use(std::string_view proof, std::int64_t until) {
  const std::lock_guard lock(mutex_);
  return session().run(kUse, sql::Blob{proof}, until) == 1;
}

std::string Processes::common_secret(std::string_view name, std::string_view own) {
  const std::lock_guard lock(mutex_);
  Connection& session = this->session();
  session.run(kOffer, name, sql::Blob{own});
  auto row = session.query(kSecret, name);
  return row.next() ? row.string(0) : std::string(own);
}

std::int64_t Processes::take_keys(std::int64_t count) {
  const std::lock_guard lock(mutex_);
  auto row = session().query(kTakeKeys, count);
  if (!row.next()) throw EngineError("the database lacks its row of keys (key_block)");
  return row.integer(0);
}

void Processes::on_news(std::function<void(std::string_view)> hear) {
  thread_ = {};  // the one before has heard its last
  if (!hear) return;
  thread_ = std::jthread([this, hear = std::move(hear)](const std::stop_token& stop) { listen(stop, hear); });
}

std::optional<std::string> Processes::next_news(bool& missed) {
  const std::lock_guard lock(mutex_);
  const auto before = made_;
  Connection& session = this->session();
  missed = before != made_;
  for (auto news = session.next_news(); news; news = session.next_news())
    if (news->starts_with(schema_ + ' ')) return news->substr(schema_.size() + 1);
  return std::nullopt;
}

void Processes::listen(const std::stop_token& stop, const std::function<void(std::string_view)>& hear) {
  while (!stop.stop_requested()) {
    try {
      bool missed = false;
      auto news = next_news(missed);
      if (missed) hear("");
      for (; news; news = next_news(missed)) hear(*news);
    } catch (const std::exception&) {
      std::this_thread::sleep_for(kLook);  // the server is away, which is told where something is asked of it
      continue;
    }
    pollfd socket{-1, POLLIN, 0};
    {
      const std::lock_guard lock(mutex_);
      socket.fd = connection_.socket();
    }
    ::poll(&socket, 1, static_cast<int>(std::chrono::milliseconds(kLook).count()));
  }
}

}  // namespace varde::storage::postgresql
