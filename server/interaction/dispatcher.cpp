#include "server/interaction/dispatcher.h"

#include "server/access/rules.h"

namespace varde::interaction {

Result<void> Dispatcher::admit(const Request& request, std::string_view pattern) const {
  return access::admit(*request.principal, {request.method, pattern, request.type, request.id});
}

Result<const Route*> Dispatcher::route(Request& request, std::string& allowed) const {
  auto found = routes_.find(request, allowed);
  FHIR_TRY(found);
  FHIR_TRY(admit(request, (*found)->pattern));
  return found;
}

Result<Response> Dispatcher::run(const Route& route, const Request& request) const {
  const Repository repository = repository_of(request);
  struct Run {
    const Request& request;
    const Repository& repository;
    const Dispatcher& dispatcher;

    Result<Response> operator()(const Reader& read) const {
      return repository.read([&](const View& view) { return read(request, view, dispatcher.context_); },
                             *request.budget);
    }
    Result<Response> operator()(const Writer& prepare) const {
      auto work =
          within_budget([&] { return prepare(request, dispatcher.context_, Reads(repository, *request.budget)); });
      FHIR_TRY(work);
      return repository.write([&](Act& act) { return (*work)(act); });
    }
    Result<Response> operator()(const Many& many) const { return many(request, dispatcher); }
  };
  return std::visit(Run{request, repository, *this}, route.handler);
}

Result<Response> Dispatcher::answer(Request& request, std::string& allowed) const {
  return route(request, allowed).and_then([&](const Route* found) { return run(*found, request); });
}

}  // namespace varde::interaction
