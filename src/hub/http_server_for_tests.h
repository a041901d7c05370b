#pragma once
// A hub on this machine: serves files as Hugging Face does, and misbehaves as told.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace skald::hub {

/// One file of the repository.
struct ServedFile {
  std::string content;
  std::string etag;    ///< SHA-256 of a large file, git's hash of a small one
  bool large = false;  ///< told by the headers of a redirection, as files of Git LFS are
};

/// What goes wrong. Numbers count down.
struct Faults {
  size_t break_after = 0;       ///< bytes of a body after which the connection ends; 0: none
  int breaks = 0;               ///< how many answers break
  int busy = 0;                 ///< answers of 503
  int status = 0;               ///< of every answer; 0: as it should be
  std::string token{};          ///< without it 401
  bool ignores_ranges = false;  ///< sends all of a file whatever is asked
};

class HubServer {
 public:
  HubServer(std::string repository, std::string commit)
      : repository_(std::move(repository)), commit_(std::move(commit)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 8) == 0) {
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HubServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void add(const std::string& name, ServedFile file) { files_[name] = std::move(file); }
  void set(const Faults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
    requests_.clear();
  }
  /// First lines of what was asked since set(), with "Range: ..." behind.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      answer(client);
      ::close(client);
    }
  }

  static void send(int client, const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const ssize_t put = ::send(client, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (put <= 0) return;
      at += static_cast<size_t>(put);
    }
  }

  static void reply(int client, int status, const std::string& headers, const std::string& body, size_t length) {
    send(client, "HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(length) + "\r\n" + headers + "\r\n" + body);
  }

  void answer(int client) {
    std::string text;
    for (char piece[4096]; text.find("\r\n\r\n") == std::string::npos;) {
      const ssize_t got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) return;
      text.append(piece, static_cast<size_t>(got));
    }
    const std::lock_guard lock(mutex_);
    size_t offset = 0;
    const size_t range = text.find("Range: bytes=");
    if (range != std::string::npos) offset = std::stoul(text.substr(range + 13));
    const std::string line = text.substr(0, text.find(" HTTP/"));
    requests_.push_back(line + (offset > 0 ? " " + std::to_string(offset) : ""));
    const bool head = line.starts_with("HEAD ");
    const std::string path = line.substr(line.find(' ') + 1);
    if (faults_.status != 0) return reply(client, faults_.status, "", "", 0);
    if (faults_.busy > 0 && faults_.busy-- > 0) return reply(client, 503, "", "", 0);
    if (!faults_.token.empty() && text.find("Authorization: Bearer " + faults_.token + "\r\n") == std::string::npos) {
      return reply(client, 401, "", "", 0);
    }
    if (path == "/api/models/" + repository_ + "/revision/main")
      return reply(client, 200, "", listing(), listing().size());
    const std::string prefix = "/" + repository_ + "/resolve/" + commit_ + "/";
    const auto file = path.starts_with(prefix) ? files_.find(path.substr(prefix.size())) : files_.end();
    if (file != files_.end()) return send_file(client, file->second, head, offset);
    reply(client, 404, "", "", 0);
  }

  void send_file(int client, const ServedFile& file, bool head, size_t offset) {
    const std::string& content = file.content;
    if (head && file.large) {
      return reply(client, 302,
                   "Location: /elsewhere\r\nETag: \"of-the-way\"\r\nX-Linked-ETag: \"" + file.etag +
                       "\"\r\nX-Linked-Size: " + std::to_string(content.size()) + "\r\n",
                   "", 0);
    }
    const std::string etag = "ETag: \"" + file.etag + "\"\r\n";
    if (head) return reply(client, 200, etag, "", content.size());
    if (faults_.ignores_ranges) offset = 0;
    if (offset >= content.size() && offset > 0) return reply(client, 416, "", "", 0);
    std::string body = content.substr(offset);
    const size_t length = body.size();
    if (faults_.breaks > 0 && faults_.break_after > 0 && body.size() > faults_.break_after) {
      --faults_.breaks;
      body.resize(faults_.break_after);
    }
    reply(client, offset > 0 ? 206 : 200, etag, body, length);
  }

  std::string listing() const {
    std::string text = R"({"sha":")" + commit_ + R"(","siblings":[{"rfilename":"README.md"})";
    for (const auto& [name, file] : files_) text += R"(,{"rfilename":")" + name + R"("})";
    return text + "]}";
  }

  std::string repository_;
  std::string commit_;
  std::map<std::string, ServedFile> files_;
  mutable std::mutex mutex_;
  Faults faults_;
  std::vector<std::string> requests_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace skald::hub
