#include "npu/xrt/testing/fake_xrt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "xrt/experimental/xrt_kernel.h"
#include "xrt/experimental/xrt_version.h"
#include "xrt/experimental/xrt_xclbin.h"

namespace fake_xrt {

State& state() {
  static State the_state;
  return the_state;
}

void reset() {
  state() = State{};
}

std::vector<std::string> take_calls() {
  return std::exchange(state().calls, {});
}

namespace {

void called(const std::string& name, const std::string& details = "") {
  state().calls.push_back(details.empty() ? name : name + " " + details);
  if (const auto found = state().before.find(name); found != state().before.end()) found->second();
}

void copy_first_to_last(const std::vector<Side>& data) {
  std::ranges::copy(data.front().first(std::min(data.front().size(), data.back().size())), data.back().begin());
}

}  // namespace
}  // namespace fake_xrt

namespace xrt {

using fake_xrt::called;
using fake_xrt::state;

struct bo::impl {
  impl(int number, size_t bytes) : id(number), host(bytes), array(bytes) { ++state().buffers; }
  ~impl() { --state().buffers; }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  int id;
  std::vector<std::byte> host;
  std::vector<std::byte> array;
  std::shared_ptr<impl> parent;  // of a sub-buffer
  size_t offset = 0;
};

struct run::impl {
  std::string kernel;
  std::map<int, std::shared_ptr<bo::impl>> data;
  std::map<int, uint64_t> numbers;
  bool in_list = false;

  uint64_t address_of_argument(uint32_t argument) const {
    const auto found = data.find(static_cast<int>(argument) + 3);
    if (found == data.end()) throw std::runtime_error(fmt::format("the run has no argument {}", argument));
    const bo::impl& buffer = *found->second;
    return fake_xrt::address_of(buffer.parent ? buffer.parent->id : buffer.id) + buffer.offset;
  }

  /// What the firmware makes of the instructions: of these, patches (npu.md 4.6). Words of other operations in tests do
  /// not look like one.
  void record() const {
    const auto words = data.find(1);
    const auto count = numbers.find(2);
    if (words == data.end() || count == numbers.end()) return;
    fake_xrt::Launch launch{.kernel = kernel, .words = std::vector<uint32_t>(count->second)};
    std::memcpy(launch.words.data(), words->second->array.data(), launch.words.size() * sizeof(uint32_t));
    for (size_t i = 0; i + 12 <= launch.words.size(); ++i) {
      const uint32_t* word = &launch.words[i];
      if (word[0] != 0x81 || word[1] != 48) continue;
      launch.addresses[word[6]] = address_of_argument(word[8]) + word[10];
    }
    state().launches.push_back(std::move(launch));
  }

  void execute() const {
    record();
    std::vector<fake_xrt::Side> sides;
    for (const auto& [index, buffer] : data) {
      if (index < 3) continue;
      fake_xrt::Side side = buffer->parent ? fake_xrt::Side(buffer->parent->array) : fake_xrt::Side(buffer->array);
      if (buffer->parent) side = side.subspan(buffer->offset, buffer->host.size());
      sides.push_back(side);
    }
    (state().array ? state().array : fake_xrt::copy_first_to_last)(sides);
  }
};

struct runlist::impl {
  impl() = default;
  ~impl() { clear(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  void clear() {
    for (const auto& run : runs) run->in_list = false;
    runs.clear();
  }
  std::vector<std::shared_ptr<run::impl>> runs;
};

namespace {

/// The next outcome; completed when none is set.
ert_cmd_state outcome() {
  if (state().outcomes.empty()) return ERT_CMD_STATE_COMPLETED;
  const ert_cmd_state next = state().outcomes.front();
  state().outcomes.erase(state().outcomes.begin());
  return next;
}

}  // namespace

device::device(unsigned int didx) {
  called("device", fmt::format("{}", didx));
}

std::string device::name() {
  called("device.get_info");
  return "RyzenAI-npu1";
}

uuid device::register_xclbin(const xrt::xclbin&) {
  called("device.register_xclbin");
  return uuid(42);
}

xclbin::xclbin(const std::vector<char>& data) {
  called("xclbin", std::string(data.begin(), data.end()));
}

std::vector<xclbin::kernel> xclbin::get_kernels() const {
  std::vector<kernel> kernels;
  for (const std::string& name : state().kernels) kernels.emplace_back(name);
  return kernels;
}

hw_context::hw_context(const xrt::device&, const xrt::uuid& id) {
  called("hw_context", fmt::format("{}", id.value()));
  ++state().contexts;
  handle_ = std::shared_ptr<void>(&state(), [](void*) { --state().contexts; });
}

kernel::kernel(const xrt::hw_context& ctx, const std::string& name) : context_(ctx), name_(name) {
  called("kernel", name);
}

int kernel::group_id(int argno) const {  // values as seen on such machines start at 65536
  return 65536 + argno;
}

bo::bo(const xrt::device&, size_t sz, bo::flags kind, memory_group grp) {
  const char* text = kind == flags::cacheable ? "cacheable" : kind == flags::host_only ? "host_only" : "other";
  const int id = state().next_buffer++;
  called("bo", fmt::format("#{} {} {} group {}", id, sz, text, grp));
  handle_ = std::make_shared<impl>(id, sz);
}

bo::bo(const bo& parent, size_t size, size_t offset) {
  const int id = state().next_buffer++;
  called("bo.part", fmt::format("#{} of #{} {} @{}", id, parent.handle_->id, size, offset));
  handle_ = std::make_shared<impl>(id, size);
  handle_->parent = parent.handle_;
  handle_->offset = offset;
}

void* bo::map() {
  called("bo.map", fmt::format("#{}", handle_->id));
  return handle_->host.data();
}

void bo::sync(xclBOSyncDirection dir, size_t sz, size_t offset) {
  const bool out = dir == XCL_BO_SYNC_BO_TO_DEVICE;
  called("bo.sync", fmt::format("#{} {} {} @{}", handle_->id, out ? "to" : "from", sz, offset));
  if (offset > handle_->host.size() || sz > handle_->host.size() - offset) throw std::runtime_error("sync outside");
  std::byte* host = handle_->host.data() + offset;
  std::byte* array = handle_->array.data() + offset;
  std::memcpy(out ? array : host, out ? host : array, sz);
}

run::run(const kernel& krnl) : handle_(std::make_shared<impl>()) {
  handle_->kernel = krnl.fake_name();
  called("run");
}

void run::set_arg_at_index(int index, const void* value, size_t bytes) {
  uint64_t number = 0;
  std::memcpy(&number, value, std::min(bytes, sizeof(number)));
  called("run.set_arg", fmt::format("{} = {} ({} bytes)", index, number, bytes));
  handle_->numbers[index] = number;
}

void run::set_arg_at_index(int index, const xrt::bo& boh) {
  called("run.set_arg", fmt::format("{} = #{}", index, boh.get_handle()->id));
  handle_->data[index] = boh.get_handle();
}

void run::start() {
  called("run.start");
  if (handle_->in_list) throw std::runtime_error("a run of a list was started by itself");
  handle_->execute();
}

std::cv_status run::wait2(const std::chrono::milliseconds& timeout) const {
  called("run.wait2", timeout.count() > 0 ? "" : "for ever");
  const ert_cmd_state state = outcome();
  if (state == ERT_CMD_STATE_RUNNING) return std::cv_status::timeout;
  if (state != ERT_CMD_STATE_COMPLETED) throw command_error(state, "the run's words");
  return std::cv_status::no_timeout;
}

runlist::runlist(const xrt::hw_context&) : handle_(std::make_shared<impl>()) {
  called("runlist");
}

void runlist::add(const xrt::run& run) {
  called("runlist.add");
  if (run.get_handle()->in_list) throw std::runtime_error("the run is in a list already");
  run.get_handle()->in_list = true;
  handle_->runs.push_back(run.get_handle());
}

void runlist::execute() {
  called("runlist.execute");
  for (const auto& run : handle_->runs) run->execute();
}

std::cv_status runlist::wait(const std::chrono::milliseconds& timeout) const {
  called("runlist.wait", timeout.count() > 0 ? "" : "for ever");
  const ert_cmd_state state = outcome();
  if (state == ERT_CMD_STATE_RUNNING) return std::cv_status::timeout;
  if (state != ERT_CMD_STATE_COMPLETED) throw command_error(xrt::run(), state, "the list's words");
  return std::cv_status::no_timeout;
}

void runlist::reset() {
  called("runlist.reset");
  handle_->clear();
}

unsigned int version::major() {
  return 2;
}
unsigned int version::minor() {
  return 99;
}
unsigned int version::patch() {
  return 7;
}

}  // namespace xrt
