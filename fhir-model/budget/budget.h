#pragma once
/// @file fhir-model/budget/budget.h
/// What one request may still cost: time, steps of work, bytes of memory and answer. Made once per request and carried
/// with it; whoever loops over what a sender can make large spends from it. Once spent it stays spent, so that a loop
/// may simply end and its caller ask within().
///   while (rows.next() && budget.spend()) ...;
///   FHIR_TRY(budget.within());
/// Faults: too_costly, naming the limit and its setting. Threads: of one thread at a time.
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "fhir-model/fault/fault.h"

namespace varde {

/// The limits, each beside the setting that moves it.
struct Allowance {
  std::chrono::milliseconds time{5000};
  std::uint64_t steps = 5'000'000;            ///< about a microsecond each: an index entry looked at, a row read
  std::size_t bytes = std::size_t{64} << 20;  ///< of stored content gathered for the answer
  std::size_t depth = 8;                      ///< references that one search parameter may follow, one after the other
  std::string_view time_setting = "request-time", steps_setting = "request-steps", bytes_setting = "answer-limit",
                   depth_setting = "chain-depth";
};
/// A job on the one writer may do less than a read does beside others.
inline constexpr Allowance kWriteAllowance{
    .time = std::chrono::seconds(10), .steps = 500'000, .time_setting = "write-time", .steps_setting = "write-steps"};

class Budget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Now = Time (*)();

  explicit Budget(const Allowance& allowance = {}, Now now = &std::chrono::steady_clock::now)
      : allowance_(allowance), now_(now) {}

  /// The time runs from here, once: a request that waited its turn has not yet cost anything.
  void begin() {
    if (!deadline_) deadline_ = now_() + allowance_.time;
  }
  /// Asked now and then: whether anybody still waits for what this pays for. It must not throw, and outlive the work.
  void ask(std::function<bool()> awaited) { awaited_ = std::move(awaited); }
  /// False once the budget is spent.
  bool spend(std::uint64_t steps = 1);
  bool take(std::size_t bytes);
  bool is_spent() const { return over_ != Over::nothing; }
  Result<void> within() const;
  /// Whether one parameter may follow that many references, one after the other.
  Result<void> may_follow(std::size_t references) const;
  const Allowance& allowance() const { return allowance_; }

 private:
  enum class Over : std::uint8_t { nothing, time, steps, bytes, gone };
  bool exceed(Over what);
  void look();

  Allowance allowance_;
  Now now_;
  std::optional<Time> deadline_;
  std::function<bool()> awaited_ = {};
  std::optional<Time> ask_at_;
  std::uint64_t spent_ = 0, looked_ = 0;  ///< steps so far, and when the clock was last looked at
  std::size_t taken_ = 0;
  Over over_ = Over::nothing;
};

/// Where the work is in an engine's hands and cannot hand back a value; caught where requests become answers.
class OverBudget : public std::exception {
 public:
  explicit OverBudget(Failure failure) : failure_(std::move(failure)) {}
  const Failure& failure() const { return failure_; }
  const char* what() const noexcept override { return failure_.diagnostics.c_str(); }

 private:
  Failure failure_;
};

}  // namespace varde
