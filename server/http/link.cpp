#include "server/http/link.h"

#include <unistd.h>

namespace varde::http {

std::size_t Census::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

std::size_t Census::of(std::string_view address) const {
  const std::lock_guard lock(mutex_);
  const auto found = of_.find(address);
  return found == of_.end() ? 0 : found->second;
}

void Census::enter(const std::string& address) {
  const std::lock_guard lock(mutex_);
  ++of_[address];
  ++all_;
}

void Census::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --all_;
  if (const auto found = of_.find(address); --found->second == 0) of_.erase(found);
}

Link::Link(int descriptor, std::string address, Census& census)
    : descriptor_(descriptor), address_(std::move(address)), census_(&census) {
  try {
    census.enter(address_);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Link::~Link() {
  tls_.reset();  // says goodbye by the socket
  if (descriptor_ < 0) return;
  census_->leave(address_);
  ::close(descriptor_);
}

}  // namespace varde::http
