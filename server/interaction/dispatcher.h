#pragma once
/// @file server/interaction/dispatcher.h
/// From a request to what answers it, whoever brings it: the HTTP rim, a Bundle's entry. The one place where it is
/// asked whether the principal may, where Views and Acts of a request are made, and where audit rows belong.
#include <string>

#include "server/interaction/route.h"

namespace varde::interaction {

class Dispatcher {
 public:
  /// `routes` and what `context` refers to outlive this.
  Dispatcher(Repository repository, Context& context, const Routes& routes)
      : repository_(std::move(repository)), context_(context), routes_(routes) {}

  /// `allowed`: the methods of the address, for method_not_allowed.
  Result<Response> answer(Request& request, std::string& allowed) const;

  /// Whether the principal may go there: asked here for what stands outside FHIR, too (`pattern` is then its path).
  Result<void> admit(const Request& request, std::string_view pattern) const;
  /// The route that the principal may take. Sets type, id and version_id of the request.
  Result<const Route*> route(Request& request, std::string& allowed) const;
  Result<Response> run(const Route& route, const Request& request) const;

  const Context& context() const { return context_; }
  Repository repository_of(const Request& request) const;

 private:
  Repository repository_;
  Context& context_;
  const Routes& routes_;
};

}  // namespace varde::interaction
