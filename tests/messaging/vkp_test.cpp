// A journal system takes documents by HTTP: what it answers decides whether a document is taken, tried again or given
// up.
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <mutex>

#include "adapters/epj/vkp.h"

namespace varde::adapters::test {
namespace {

struct Taken {
  std::string path, body, service, type, id;
};

/// A journal system that answers as it is told.
class Journal {
 public:
  Journal() : server_(new Factory(*this), socket_, new Poco::Net::HTTPServerParams) { server_.start(); }
  ~Journal() { server_.stopAll(true); }
  std::string address() const {
    return fmt::format("http://127.0.0.1:{}/epj/r4/314159265/bundle", socket_.address().port());
  }
  int status = 201;
  std::vector<Taken> taken;

 private:
  struct Handler : Poco::Net::HTTPRequestHandler {
    explicit Handler(Journal& given) : journal(given) {}
    void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
      Taken one{request.getURI(),
                {},
                request.get("ServiceCodes", ""),
                request.getContentType(),
                request.get("X-Request-Id", "")};
      Poco::StreamCopier::copyToString(request.stream(), one.body);
      journal.taken.push_back(std::move(one));
      response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(journal.status));
      response.set("Location", "https://epj.example/Bundle/9");
      response.setContentLength(0);
      response.send();
    }
    Journal& journal;
  };
  struct Factory : Poco::Net::HTTPRequestHandlerFactory {
    explicit Factory(Journal& given) : journal(given) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
      return new Handler(journal);
    }
    Journal& journal;
  };
  Poco::Net::ServerSocket socket_{Poco::Net::SocketAddress("127.0.0.1", 0)};
  Poco::Net::HTTPServer server_;
};

const Outgoing kDocument{R"({"resourceType":"Bundle","type":"document"})", "7d0c5c1e-8d3f-4a3e-9a57-3f2a5b1c9e01",
                         "8100002", "JOURNAL"};

TEST(Vkp, posts_the_document_as_the_hub_wants_it_and_keeps_what_was_answered) {
  Journal journal;
  const auto receipt = VkpSender(journal.address()).send(kDocument);
  ASSERT_TRUE(receipt) << receipt.error().diagnostics;
  EXPECT_EQ(receipt->text, "HTTP 201 https://epj.example/Bundle/9");
  ASSERT_EQ(journal.taken.size(), 1u);
  EXPECT_EQ(journal.taken[0].path, "/epj/r4/314159265/bundle");
  EXPECT_EQ(journal.taken[0].body, kDocument.bytes);
  EXPECT_EQ(journal.taken[0].service, "dho");
  EXPECT_EQ(journal.taken[0].type, "application/fhir+json");
  EXPECT_EQ(journal.taken[0].id, kDocument.message_id);
}

TEST(Vkp, tries_again_what_may_pass_gives_up_what_is_refused_and_is_content_with_what_is_known_there) {
  Journal journal;
  VkpSender sender(journal.address());
  for (const int status : {500, 503, 429, 401, 404, 302}) {
    journal.status = status;
    const auto sent = sender.send(kDocument);
    ASSERT_FALSE(sent) << status;
    EXPECT_EQ(sent.error().fault, Fault::busy) << status;
  }
  for (const int status : {400, 422}) {
    journal.status = status;
    const auto sent = sender.send(kDocument);
    ASSERT_FALSE(sent) << status;
    EXPECT_EQ(sent.error().fault, Fault::not_supported) << status;
  }
  journal.status = 409;
  EXPECT_TRUE(sender.send(kDocument));
}

TEST(Vkp, waits_where_nobody_answers_and_speaks_no_plain_http_to_another_machine) {
  std::string gone;
  {
    Journal journal;
    gone = journal.address();
  }
  EXPECT_EQ(VkpSender(gone).send(kDocument).error().fault, Fault::busy);
  EXPECT_EQ(VkpSender("http://epj.example/bundle").send(kDocument).error().fault, Fault::busy);
}

}  // namespace
}  // namespace varde::adapters::test
