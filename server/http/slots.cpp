#include "server/http/slots.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace varde::http {
namespace {

constexpr std::chrono::seconds kWaitForLeavers{1};

}  // namespace

bool Slot::enter(Phase phase, Time now) {
  since_ = now;
  Phase before = phase_;
  while (before != Phase::leaving)
    if (phase_.compare_exchange_weak(before, phase)) return true;
  return false;
}

std::size_t Slots::held(const std::string* address, bool spare) const {
  return static_cast<std::size_t>(std::ranges::count_if(slots_, [&](const auto& slot) {
    const Phase phase = slot->phase_;
    return slot->spare == spare && phase != Phase::leaving && phase != Phase::idle &&
           (!address || slot->address == *address);
  }));
}

/// One connection less (of that address, where one is given). False: all are at work, or were served just now.
bool Slots::make_room(const std::string* address, bool spare, Slot::Time now) {
  struct Candidate {
    Slot* slot;
    Phase phase;
    bool served;
    Slot::Time since;
  };
  std::vector<Candidate> candidates;
  std::map<std::pair<bool, std::string_view>, std::size_t> of_address;  // by served, too
  for (const auto& slot : slots_) {
    const Phase phase = slot->phase_;
    const bool served = slot->served_;
    const bool holds_up = phase == Phase::waiting || phase == Phase::sending;
    const bool spared = served || phase == Phase::sending;
    if (slot->spare != spare || !holds_up || (address && slot->address != *address)) continue;
    if (spared && now - slot->since_.load() < limits_.patience) continue;
    candidates.push_back({slot.get(), phase, spared, slot->since_});
    ++of_address[{spared, slot->address}];
  }
  // Who was never served before who was, the address with the most, the longest wait.
  std::ranges::sort(candidates, [&](const Candidate& a, const Candidate& b) {
    if (a.served != b.served) return b.served;
    const std::size_t of_a = of_address[{a.served, a.slot->address}], of_b = of_address[{b.served, b.slot->address}];
    return of_a != of_b ? of_a > of_b : a.since < b.since;
  });
  for (const Candidate& one : candidates) {
    Phase expected = one.phase;
    if (!one.slot->phase_.compare_exchange_strong(expected, Phase::leaving)) continue;  // it has gone to work
    dismiss_(*one.slot, one.phase);
    return true;
  }
  return false;
}

std::shared_ptr<Slot> Slots::admit(int socket, std::string address, Slot::Time now) {
  std::unique_lock lock(mutex_);
  // A flood is let in no faster than those who were told to leave have left.
  const auto most = 2 * (limits_.all + limits_.spare);
  if (!left_.wait_for(lock, kWaitForLeavers, [&] { return slots_.size() < most; })) return nullptr;
  bool room = (limits_.is_of_many && limits_.is_of_many(address)) || held(&address, false) < limits_.of_one_address ||
              make_room(&address, false, now);
  room = room && (held(nullptr, false) < limits_.all || make_room(nullptr, false, now));
  const bool spare = !room;
  if (spare && held(nullptr, true) >= limits_.spare && !make_room(nullptr, true, now)) return nullptr;
  slots_.push_back(std::make_shared<Slot>(socket, std::move(address), spare, now));
  taken_ = slots_.size();
  return slots_.back();
}

void Slots::leave(const Slot& slot) {
  const std::lock_guard lock(mutex_);
  slots_.remove_if([&](const auto& one) { return one.get() == &slot; });
  taken_ = slots_.size();
  left_.notify_all();
}

void Slots::empty(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  if (left_.wait_for(lock, grace, [&] { return slots_.empty(); })) return;
  for (const auto& slot : slots_) {
    slot->phase_ = Phase::leaving;
    dismiss_(*slot, Phase::leaving);
  }
}

}  // namespace varde::http
