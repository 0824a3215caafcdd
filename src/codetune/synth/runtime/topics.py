"""What a task is about, by the words it uses: a coarse count for a run's diversity, English and Chinese.

A text may have several topics. One without any is `other`.
"""

from __future__ import annotations

import re

__all__ = ["TOPICS", "topics_of"]

_WORDS = {
    "text and patterns": "string strings text substring word words character characters palindrome anagram regex regular|"
    "字符串|文本|单词|字符|正则|回文",
    "numbers and maths": "number numbers integer integers prime factorial fibonacci sum matrix equation digit digits "
    "arithmetic probability statistics|数字|整数|质数|素数|阶乘|斐波那契|矩阵|数学|求和|平均|概率",
    "lists and sorting": "list lists array arrays sort sorted sorting tuple tuples element elements stack queue heap|"
    "列表|数组|排序|元素|栈|队列|堆",
    "dictionaries and sets": "dictionary dictionaries dict set sets map mapping hash json key keys|字典|集合|哈希|映射|键值",
    "trees and graphs": "tree trees graph graphs node nodes path paths edge edges bfs dfs linked|树|图的|节点|路径|链表",
    "recursion and search": "recursion recursive backtracking dynamic programming memoization binary search greedy|"
    "递归|动态规划|回溯|二分|贪心|搜索",
    "classes and design": "class classes object objects method methods inheritance interface pattern constructor|"
    "面向对象|对象|继承|接口|设计模式|构造",
    "files and systems": "file files directory path folder process command shell bash script environment log logs|"
    "文件|目录|脚本|命令行|进程|日志",
    "web and networks": "http html css url api web server request requests browser socket network page javascript react|"
    "网页|网络|请求|服务器|浏览器|前端|接口调用",
    "data and databases": "sql database table query csv dataframe pandas column columns rows dataset plot chart|"
    "数据库|查询|表格|数据集|数据框|图表",
    "dates and times": "date dates time times calendar timezone timestamp schedule|日期|时间|日历|时区",
    "concurrency": "thread threads async asynchronous concurrent parallel lock coroutine|线程|并发|并行|异步|协程|锁",
    "learning and images": "model training neural classifier tensor image images pixel regression|模型|训练|神经网络|图像|张量|分类器",
    "faults and tests": "bug bugs error errors debug exception exceptions test tests unittest fix refactor|"
    "错误|调试|异常|测试|修复|重构",
}  # fmt: skip

TOPICS = (*_WORDS, "other")
"""All topics, in the order in which they are told."""


def _pattern(words: str) -> re.Pattern[str]:
    latin, *chinese = words.split("|")
    return re.compile(rf"\b(?:{'|'.join(latin.split())})\b|{'|'.join(chinese)}", re.IGNORECASE)


_PATTERNS = {topic: _pattern(words) for topic, words in _WORDS.items()}


def topics_of(text: str) -> tuple[str, ...]:
    """The topics of a text; `other` where no word tells."""
    return tuple(topic for topic, pattern in _PATTERNS.items() if pattern.search(text)) or ("other",)
