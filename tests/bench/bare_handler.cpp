// Floor of the read benchmark: a bare Poco handler that answers every request with the same bytes.
//   bench_bare_handler PORT FILE CONTENT_TYPE
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

struct SameBytes : Poco::Net::HTTPRequestHandler {
  SameBytes(const std::string& body, const std::string& type) : body_(body), type_(type) {}
  void handleRequest(Poco::Net::HTTPServerRequest&, Poco::Net::HTTPServerResponse& response) override {
    response.setContentType(type_);
    response.sendBuffer(body_.data(), body_.size());
  }
  const std::string &body_, &type_;
};

struct Factory : Poco::Net::HTTPRequestHandlerFactory {
  Factory(std::string body, std::string type) : body_(std::move(body)), type_(std::move(type)) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
    return new SameBytes(body_, type_);  // Poco takes it over
  }
  const std::string body_, type_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::ifstream file(argv[2], std::ios::binary);
  std::string body(std::istreambuf_iterator<char>(file), {});
  auto* parameters = new Poco::Net::HTTPServerParams;  // Poco counts references
  parameters->setKeepAlive(true);
  parameters->setMaxKeepAliveRequests(0);
  parameters->setMaxThreads(32);
  Poco::ThreadPool pool(2, 32);
  Poco::Net::HTTPServer server(new Factory(std::move(body), argv[3]), pool,
                               Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", argv[1])), parameters);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGTERM), sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  server.start();
  int signal = 0;
  sigwait(&set, &signal);
  server.stopAll(true);
}
