#pragma once
/// @file server/http/link.h
/// A connection that is open, whoever serves or watches it; and how many there are.
/// Threads: a Census is safe from any; a Link belongs to one at a time.
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/tls.h"

namespace varde::http {

/// How many connections are open: in all, and of each address.
class Census {
 public:
  Census() = default;
  Census(const Census&) = delete;
  std::size_t all() const;
  std::size_t of(std::string_view address) const;

 private:
  friend class Link;
  void enter(const std::string& address);
  void leave(const std::string& address);

  mutable std::mutex mutex_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t, std::less<>> of_;
};

/// A connected socket, who is at its other end, and the TLS that its bytes go through where they do; closed and no
/// longer counted when it goes.
class Link {
 public:
  Link(int descriptor, std::string address, Census& census);
  Link(Link&& other) noexcept
      : served(other.served),
        descriptor_(std::exchange(other.descriptor_, -1)),
        address_(std::move(other.address_)),
        tls_(std::move(other.tls_)),
        census_(other.census_) {}
  Link& operator=(Link&&) = delete;
  ~Link();

  int descriptor() const { return descriptor_; }
  const std::string& address() const { return address_; }
  TlsSession* tls() const { return tls_.get(); }
  void encrypt(std::unique_ptr<TlsSession> session) { tls_ = std::move(session); }

  bool served = false;  ///< it has had an answer

 private:
  int descriptor_;
  std::string address_;
  std::unique_ptr<TlsSession> tls_;
  Census* census_;
};

}  // namespace varde::http
