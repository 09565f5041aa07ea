#pragma once
/// @file server/storage/postgresql/handle.h
/// Owners of the handles of libpq. Source: https://www.postgresql.org/docs/15/libpq.html
#include <libpq-fe.h>

#include <memory>

namespace varde::storage::postgresql {

template <auto close>
struct Closer {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    close(handle);
  }
};
using ConnectionHandle = std::unique_ptr<PGconn, Closer<PQfinish>>;
using ResultHandle = std::unique_ptr<PGresult, Closer<PQclear>>;

}  // namespace varde::storage::postgresql
