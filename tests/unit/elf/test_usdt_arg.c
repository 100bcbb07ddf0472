// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "elf/usdt_arg.h"

TEST(forms)
{
	static const struct {
		const char *args;
		unsigned int n;
		int ret, size;
		unsigned int reg;
		bool memory;
		int disp;
	} cases[] = {
		{ "8@%rbx 8@%r15", 0, 0, 8, 3, false, 0 },
		{ "8@%rbx 8@%r15", 1, 0, 8, 15, false, 0 },
		{ "8@%rbx  8@%r15", 2, -ENOENT, 0, 0, false, 0 },
		{ "8@-8(%rbp)", 0, 0, 8, 6, true, -8 },
		{ "8@(%rsp)", 0, 0, 8, 7, true, 0 },
		{ "-4@20(%rdi)", 0, 0, -4, 5, true, 20 },
		{ "8@8(%rbx", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "8@8(%rbx,%rax)", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "8@name(%rip)", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "8@$5", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "8@40000(%rax)", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "4@%eax", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "99@%rax", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "@%rax", 0, -EOPNOTSUPP, 0, 0, false, 0 },
		{ "", 0, -ENOENT, 0, 0, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct usdt_arg arg = { 0 };
		int ret = usdt_arg_parse(cases[i].args, cases[i].n, &arg);

		if (ret != cases[i].ret)
			TEST_FAIL("%s: %d", cases[i].args, ret);
		if (ret)
			continue;
		ASSERT_EQ(arg.size, cases[i].size);
		ASSERT_EQ(arg.reg, cases[i].reg);
		ASSERT_EQ(arg.memory, cases[i].memory);
		ASSERT_EQ(arg.disp, cases[i].disp);
	}
}
