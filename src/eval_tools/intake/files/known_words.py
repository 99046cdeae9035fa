"""Words that stand in exports of questionnaires in Chinese, by which a text without a mark shows its encoding.

Names of columns that platforms write, what questionnaires ask of a person, and the words of their answers, in both
scripts. Every word has two characters or more: a single one can arise from wrongly read bytes.
"""

from __future__ import annotations

_PLATFORMS = """
序号 序號 提交 提交答卷时间 提交答卷時間 所用时间 所用時間 来源 來源 来源详情 來源詳情 来自 來自 总分 總分 答题 答題
答卷 手机提交 微信 链接 连结 連結 直接访问 直接訪問 编号 編號 开始 開始 结束 結束 时长 時長 语言 語言 用户 用戶 昵称
暱稱 地理位置 自定义 自訂 时间戳记 時間戳記 时间 時間 日期 完成时间 完成時間 电子邮件 電子郵件 邮箱 郵箱 名称 名稱
提交者 自动 自動 必填 单选 單選 多选 多選 可多选 可多選 跳过 跳過 空白 选项 選項 题目 題目 问卷 問卷 问题 問題 状态
狀態 版本 备注 備註 附件 签名 簽名
"""
_PEOPLE = """
性别 性別 男生 女生 男孩 女孩 男性 女性 年龄 年齡 周岁 週歲 岁 出生 生日 年级 年級 班级 班級 学校 學校 学生 學生 老师
老師 家长 家長 监护人 監護人 同意 知情同意 知情 孩子 儿童 兒童 留守 爸爸 妈妈 媽媽 父亲 父親 母亲 母親 父母 爷爷 爺爺
奶奶 外公 外婆 祖父 祖母 家庭 家人 兄弟 姐妹 姊妹 弟弟 妹妹 哥哥 姐姐 姊姊 亲戚 親戚 同学 同學 朋友 照顾 照顧 居住
宿舍 打工 村 社区 社區 县 縣 乡镇 鄉鎮 城市 农村 農村 姓名 学号 學號 代码 代碼 第一次 第二次 学期 學期 前测 前測 后测
後測 实验组 實驗組 对照组 對照組 项目组 項目組 组别 組別
"""
_ANSWERS = """
从不 從不 从来没有 從來沒有 很少 有时 有時 偶尔 偶爾 经常 經常 常常 总是 總是 一直 几乎 幾乎 几乎每天 幾乎每天 有几天
有幾天 没有 沒有 完全没有 完全沒有 一半以上 少于 少於 多于 多於 每天 每周 每週 每月 非常 同意 不同意 非常同意
非常不同意 比较同意 比較同意 不确定 不確定 中立 一般 普通 符合 不符合 完全符合 比较符合 比較符合 有点符合 有點符合
完全不符合 非常符合 非常不符合 满意 滿意 不满意 不滿意 非常满意 非常滿意 有一点 有一點 有点 有點 完全是 完全不是
大致是 一半一半 说不上来 說不上來 不知道 不清楚 不适用 不適用 拒绝回答 拒絕回答 其他 其它 不是 不对 不對 正确 正確
错误 錯誤 从未 從未 轻度 輕度 中度 重度 严重 嚴重 极少 極少 稍微 相当 相當 十分 喜欢 喜歡 不喜欢 不喜歡 高兴 高興 难过
難過 担心 擔心 害怕 生气 生氣 快乐 快樂 感到 觉得 覺得 认为 認為 自己 别人 別人 希望 活动 活動 帮助 幫助 学习 學習
感觉 感覺
"""
KNOWN_WORDS = tuple(dict.fromkeys(w for w in (_PLATFORMS + _PEOPLE + _ANSWERS).split() if len(w) > 1))
