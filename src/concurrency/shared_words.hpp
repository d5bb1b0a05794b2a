// A short text in memory that a process shares with the processes it forks.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pipebench {

/// Make it before the fork. The last text that was kept wins. A text that two processes keep at the same time may be
/// a mixture of both.
class shared_words {
public:
    static constexpr std::size_t most_bytes = 300;

    shared_words();                                   ///< throws setup_error
    void keep(std::string_view text) const noexcept;  ///< cuts off what is too long
    [[nodiscard]] std::string text() const;           ///< printable; empty if none was kept

private:
    struct page;
    struct unmap {
        void operator()(page* p) const noexcept;
    };
    std::unique_ptr<page, unmap> page_;
};

}  // namespace pipebench
