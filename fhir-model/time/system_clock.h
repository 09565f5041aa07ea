#pragma once

/// The machine's own clock: the one place that asks it (tests/layers). A read or a write has its time of its View.
#include <chrono>

#include "fhir-model/time/zone.h"

namespace varde::time {

inline Instant system_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

/// The same by whole seconds, as logins and proofs count.
inline std::chrono::sys_seconds system_seconds() { return std::chrono::floor<std::chrono::seconds>(system_now()); }

}  // namespace varde::time
