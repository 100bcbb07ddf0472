// SPDX-License-Identifier: GPL-2.0-only
/* The parts of a multipart body. */
#include "input/input_multipart.h"

#include "base/buf.h"
#include "test.h"

static struct buf told;

static void tell_text(struct text s)
{
	if (s.s)
		buf_printf(&told, "%.*s,", (int)s.len, s.s);
	else
		buf_adds(&told, "-,");
}

static void tell(void *ctx, const struct input_part *p)
{
	(void)ctx;
	tell_text(p->name);
	tell_text(p->filename);
	buf_printf(&told, "%.*s%s|", (int)p->content.len, p->content.s, p->last ? "..." : "");
}

static bool walk(const char *s)
{
	buf_fini(&told);
	told = (struct buf){ 0 };
	buf_adds(&told, "");
	return input_multipart_walk((struct text){ s, strlen(s) }, tell, NULL);
}

TEST(fields_and_uploads)
{
	ASSERT(walk("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\none\r\ntwo\r\n"
		    "--b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; "
		    "name=\"f\"; filename=\"../a.txt\"\r\n\r\n--\r\n--b--\r\n"));
	ASSERT_STR(told.data, "x,-,one\r\ntwo|f,../a.txt,--|");
}

TEST(ways_to_write_a_name)
{
	ASSERT(walk("--b\nContent-Disposition: form-data; name=x; filename*=UTF-8'en'a%20b\n\nv\n"
		    "--b\nContent-Disposition: form-data; name=\"a\\\"b\"\n\n\n--b--"));
	ASSERT_STR(told.data, "x,a%20b,v|a\\\"b,-,|");
	ASSERT(walk("--b\r\nContent-Disposition: form-data; name=\"x\r\n\r\nv\r\n--b--"));
	ASSERT_STR(told.data, "x,-,v|");
	ASSERT(walk("--b\r\nX: y\r\n\r\nv\r\n--b--"));
	ASSERT_STR(told.data, "-,-,v|");
}

TEST(cut)
{
	ASSERT(walk("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nval"));
	ASSERT_STR(told.data, "x,-,val...|");
	ASSERT(walk("--b\r\nContent-Disp"));
	ASSERT_STR(told.data, "-,-,...|");
}

TEST(other_bodies)
{
	ASSERT(!walk("a=b"));
	ASSERT(!walk(""));
	ASSERT(!walk("--\r\n\r\n"));
	ASSERT(!walk("--------------------------------------------------------------------------"
		     "----------------------------------\r\n\r\nx"));
	ASSERT_STR(told.data, "");
	buf_fini(&told);
}
