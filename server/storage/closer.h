#pragma once
/// @file server/storage/closer.h
/// For owners of the handles of an engine's C interface: `std::unique_ptr<sqlite3_stmt, Closer<sqlite3_finalize>>`.

namespace varde::storage {

template <auto close>
struct Closer {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    close(handle);
  }
};

}  // namespace varde::storage
