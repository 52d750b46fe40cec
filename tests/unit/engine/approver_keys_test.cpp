// Keys of approvers: in use from their first use to their revocation, whatever comes after.
#include "engine/approval.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

Hash key(std::uint8_t number) {
    Hash out{};
    out[0] = number;
    return out;
}

Bytes16 id(std::uint8_t number) {
    Bytes16 out{};
    out[0] = number;
    return out;
}

Record added(std::uint8_t number, KeyPurpose purpose = KeyPurpose::Approver) {
    Record out;
    out.kind = RecordKind::KeyAdded;
    out.body = encode_body(KeyAddedBody{purpose, id(number), key(number)});
    return out;
}

Record revoked(std::uint8_t number) {
    Record out;
    out.kind = RecordKind::KeyRevoked;
    out.body = encode_body(KeyRevokedBody{KeyPurpose::Approver, id(number), id(9)});
    return out;
}

TEST(ApproverKeys, AreInUseBetweenTheTwoRecords) {
    ApproverKeys keys;
    keys.take(added(1), 3);
    keys.take(added(2), 4);
    keys.take(revoked(1), 8);
    EXPECT_FALSE(keys.in_use(key(1), 3));
    EXPECT_TRUE(keys.in_use(key(1), 4));
    EXPECT_TRUE(keys.in_use(key(1), 7));
    EXPECT_FALSE(keys.in_use(key(1), 8));
    EXPECT_FALSE(keys.in_use(key(1), 9));
    EXPECT_TRUE(keys.in_use(key(2), 9));
    EXPECT_FALSE(keys.in_use(key(3), 9));
}

TEST(ApproverKeys, ARevokedOneStaysSo) {
    ApproverKeys keys;
    keys.take(added(1), 3);
    keys.take(revoked(1), 8);
    keys.take(added(1), 9);
    EXPECT_FALSE(keys.in_use(key(1), 10));
    EXPECT_EQ(keys.id_of(key(1)), id(1));
}

TEST(ApproverKeys, AreNoOtherKeys) {
    ApproverKeys keys;
    keys.take(added(1, KeyPurpose::Signing), 3);
    EXPECT_FALSE(keys.in_use(key(1), 4));
}

}  // namespace
}  // namespace weft::engine
