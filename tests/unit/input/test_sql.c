// SPDX-License-Identifier: GPL-2.0-only
/* Statements in SQL. */
#include "marked.h"

#define T "SELECT * FROM t WHERE "

TEST(attacks)
{
	static const struct marked_case cases[] = {
		ATTACK(T "id=‹1 or id›"),
		ATTACK(T "id=‹1 or 1=1›"),
		ATTACK(T "id=‹1 OR 1›"),
		ATTACK(T "n='‹admin'-- ›'"),
		ATTACK(T "n='‹' or '1'='1›'"),
		ATTACK(T "n='‹x' or '1'='1›'"),
		ATTACK(T "n='‹it's›'"),
		ATTACK(T "n=\"‹x\" or \"1\"=\"1›\""),
		ATTACK(T "id=‹1/*› AND n='‹*/ or 1=1-- ›'"),
		ATTACK(T "id=‹1/*›"),
		ATTACK(T "id IN (‹1) or (1›)"),
		ATTACK(T "id=‹-1 union select 1,2,3›"),
		ATTACK(T "id=‹1 union select name,sql from sqlite_master›"),
		ATTACK(T "id=‹1;drop table t›"),
		ATTACK(T "id=‹1; drop table t; --›"),
		ATTACK(T "id=‹1--›"),
		ATTACK(T "id=‹1-- -› AND p=2"),
		ATTACK("SELECT * FROM t ORDER BY ‹(case when 1=1 then a else b end)›"),
		ATTACK("SELECT * FROM t ORDER BY ‹id, (select pw from u)›"),
		ATTACK("SELECT ‹pw from users--› FROM t"),
		ATTACK("SELECT ‹pw from users› FROM t"),
		ATTACK("SELECT * FROM t LIMIT ‹1 into outfile '/tmp/x'›"),
		ATTACK("UPDATE t SET a='‹1', role='admin›'"),
		ATTACK(T "id=‹sleep(5)›"),
		ATTACK(T "id=‹1 and sleep(5)›"),
		ATTACK(T "id=‹(select 1)›"),
		ATTACK(T "id=‹1||1›"),
		ATTACK(T "id=‹2-1›"),
		ATTACK(T "n LIKE '%‹x%' or 'a' like 'a›%'"),
		ATTACK(T "id=‹1\nor\n1=1›"),
		ATTACK(T "id=‹1/**/or/**/1=1›"),
		ATTACK(T "n='‹a›' AND id=‹1 or 1=1›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_sql);
}

TEST(harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("SELECT 1"),
		CLEAN("SELECT * FROM t ORDER BY ‹id desc, n›"),
		CLEAN("SELECT * FROM t ORDER BY ‹id desc, name›"),
		CLEAN("SELECT * FROM t ORDER BY ‹t.created_at› DESC"),
		CLEAN("SELECT * FROM t ORDER BY ‹n ASC NULLS LAST›"),
		CLEAN(T "n='‹it--s›'"),
		CLEAN(T "a='‹1/*›' AND b='‹*/›'"),
		CLEAN("SELECT * FROM t LIMIT ‹10›,‹20›"),
		CLEAN("SELECT * FROM t LIMIT ‹10› OFFSET ‹20›"),
		CLEAN(T "id IN (‹1,2,-3›)"),
		CLEAN(T "id IN (‹1, 2, -3, +4›)"),
		CLEAN(T "id=‹-1›"),
		CLEAN(T "id=‹1.5›"),
		CLEAN(T "id=‹1e5›"),
		CLEAN("‹insert into› t values (1)"),
		CLEAN("SELECT ‹name› FROM t"),
		CLEAN("SELECT ‹name, id› FROM t"),
		CLEAN("UPDATE t SET a='‹1, role=admin›'"),
		CLEAN(T "n='x'' or ''1''=''1'"),
		CLEAN(T "n='‹a;b--c/*d*/ or 1=1 union select›'"),
		CLEAN(T "n='‹O''Brien›'"),
		CLEAN(T "a=? AND b=‹:name›"),
		CLEAN(T "a=%s AND ‹b=›%s"),
		CLEAN(T "a=1 AND t‹.co›l=2"),
		CLEAN("SELECT a -- ‹the app's; own -- comment›\nFROM t"),
		CLEAN("SELECT a /* ‹1 or 1=1› */ FROM t"),
		CLEAN("CREATE TABLE t (a ‹VARCHAR›(20) ‹NOT NULL›)"),
		CLEAN(T "x ‹IS NOT› NULL"),
		CLEAN(T "d > '‹2024-01-02 12:30:45›'"),
		CLEAN(T "u='‹https://shop.example/?a=b&c=d›'"),
		CLEAN("INSERT INTO t VALUES ('‹Tom & \"Jerry\" (1940)›', ‹7›)"),
		CLEAN(T "n='‹SELECT * FROM x WHERE 1=1›'"),
		SUSPECT("‹select * from t where id=1›"),
		SUSPECT(" ‹drop table t› "),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_sql);
}

TEST(dialects)
{
	static const struct marked_case mysql[] = {
		ATTACK("SELECT * FROM t WHERE a='‹\\›' AND b='‹ or 1=1-- ›'"),
		ATTACK("SELECT * FROM t WHERE id=‹1 /*!or 1=1*/›"),
		ATTACK("SELECT * FROM t WHERE id=‹1#› AND p=2"),
		CLEAN("SELECT * FROM t WHERE n='‹/*! important */›'"),
		CLEAN("SELECT * FROM t WHERE n='‹it\\'s›'"),
		CLEAN("SELECT `‹a b-c›` FROM t"),
		ATTACK("SELECT `‹a` from x #›` FROM t"),
	};
	static const struct marked_case sqlite[] = {
		CLEAN("SELECT * FROM t WHERE a='‹\\›' AND b='‹ or 1=1-- ›'"),
		CLEAN("SELECT [‹a b-c›] FROM t"),
		ATTACK("SELECT * FROM t WHERE n='‹it\\' or 1=1 --›'"),
		CLEAN("SELECT j ‹#›> '{a}'"),
	};
	static const struct marked_case postgres[] = {
		/* a quote behind a backslash ends no E'...', but behind two it does */
		CLEAN("SELECT * FROM t WHERE n=E'‹\\' or 1=1--›'"),
		ATTACK("SELECT * FROM t WHERE n=E'‹\\\\' or 1=1--›'"),
		ATTACK("SELECT * FROM t WHERE n='‹\\' or 1=1--›'"),
		CLEAN("SELECT * FROM t WHERE n='‹\\›'"),
		CLEAN("SELECT $$‹it's; -- x›$$"),
		CLEAN("SELECT $a$‹it's $$ x›$a$"),
		ATTACK("SELECT $a$‹it's $a$; drop table t; --›$a$"),
		ATTACK("SELECT /* /* ‹*/ */ x from›"),
		CLEAN("SELECT /* /* ‹*/ x; from› */ 1"),
		CLEAN("SELECT $1, ‹$2›"),
	};

	check_dialect(mysql, ARRAY_SIZE(mysql), input_judge_sql, INPUT_MYSQL);
	check_dialect(sqlite, ARRAY_SIZE(sqlite), input_judge_sql, INPUT_SQLITE);
	check_dialect(postgres, ARRAY_SIZE(postgres), input_judge_sql, INPUT_POSTGRES);
}
