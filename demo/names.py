"""Names, numbers and addresses that look like a bank's and belong to nobody.

Identity numbers carry correct check digits but a region code (99) that no register assigns; telephone numbers,
e-mail and network addresses come from ranges kept free for examples.
"""

from __future__ import annotations

from demo.dice import Dice

_CITIES = (
    ("苏州", "Suzhou"),
    ("无锡", "Wuxi"),
    ("常州", "Changzhou"),
    ("宁波", "Ningbo"),
    ("温州", "Wenzhou"),
    ("绍兴", "Shaoxing"),
    ("嘉兴", "Jiaxing"),
    ("台州", "Taizhou"),
    ("金华", "Jinhua"),
    ("佛山", "Foshan"),
    ("东莞", "Dongguan"),
    ("中山", "Zhongshan"),
    ("泉州", "Quanzhou"),
    ("厦门", "Xiamen"),
    ("青岛", "Qingdao"),
    ("烟台", "Yantai"),
    ("潍坊", "Weifang"),
    ("合肥", "Hefei"),
    ("芜湖", "Wuhu"),
    ("武汉", "Wuhan"),
    ("长沙", "Changsha"),
    ("成都", "Chengdu"),
    ("重庆", "Chongqing"),
    ("西安", "Xi'an"),
    ("郑州", "Zhengzhou"),
    ("南通", "Nantong"),
)
_BRANDS = "恒润宏泰鑫盛华瑞德丰祥和隆昌永信正明嘉禾广源达安康荣兴茂益诚远航金桥新锐博纳卓越启元立群云帆天合海川东方景湖"
_BRANDS_EN = (
    *("Hengrun", "Hongtai", "Xinsheng", "Huarui", "Defeng", "Xianghe", "Longchang", "Yongxin", "Zhengming"),
    *("Jiahe", "Guangyuan", "Daan", "Kangrong", "Xingmao", "Yicheng", "Yuanhang", "Jinqiao", "Xinrui", "Bona"),
    *("Zhuoyue", "Qiyuan", "Liqun", "Yunfan", "Tianhe", "Haichuan"),
)
_TRADES = (
    ("精密机械", "Precision Machinery", "C34"),
    ("汽车零部件", "Auto Parts", "C36"),
    ("电子科技", "Electronics", "C39"),
    ("纺织", "Textiles", "C17"),
    ("服装", "Garments", "C18"),
    ("新材料", "New Materials", "C26"),
    ("包装", "Packaging", "C23"),
    ("食品", "Foods", "C14"),
    ("建材", "Building Materials", "C30"),
    ("金属制品", "Metal Products", "C33"),
    ("塑料制品", "Plastics", "C29"),
    ("家具", "Furniture", "C21"),
    ("医疗器械", "Medical Devices", "C35"),
    ("供应链管理", "Supply Chain", "L72"),
    ("国际贸易", "International Trade", "F51"),
    ("商贸", "Trading", "F52"),
    ("物流", "Logistics", "G58"),
    ("建筑工程", "Construction", "E47"),
    ("信息技术", "Information Technology", "I65"),
    ("农业发展", "Agriculture", "A01"),
)
_GOODS = {
    "C34": ("数控机床", "轴承", "减速机"),
    "C36": ("制动盘", "线束", "铝合金轮毂"),
    "C39": ("印制电路板", "连接器", "芯片模组"),
    "C17": ("涤纶坯布", "棉纱", "针织面料"),
    "C18": ("工装", "羽绒服", "童装"),
    "C26": ("树脂", "涂料", "助剂"),
    "C23": ("瓦楞纸箱", "彩盒", "标签"),
    "C14": ("食用油", "调味品", "冷冻水产"),
    "C30": ("水泥", "瓷砖", "保温板"),
    "C33": ("冷轧卷板", "镀锌管", "紧固件"),
    "C29": ("聚丙烯粒子", "注塑件", "薄膜"),
    "C21": ("实木板材", "办公家具", "五金配件"),
    "C35": ("监护仪", "输液泵", "医用耗材"),
}
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英文华建国玉兰志海晓东"
    "红梅春燕秀珍云龙立新永健佳琪子轩雨晨思远嘉怡俊豪浩然雪莹"
)
_FOREIGN = (
    ("Northwind Components GmbH", "DE"),
    ("Harbour Line Imports Ltd", "GB"),
    ("Cascade Home Goods Inc", "US"),
    ("Lakeshore Tools LLC", "US"),
    ("Oosterhaven Trading BV", "NL"),
    ("Minato Parts KK", "JP"),
    ("Brightwater Retail Pty Ltd", "AU"),
    ("Solano Distribution SA", "ES"),
)
_ROADS = (
    *("人民路", "解放路", "建设路", "工业大道", "创业路"),
    *("滨江路", "园区一路", "科技路", "和平街", "胜利路"),
)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Namer:
    """Hands out names; a company's name is never given twice."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[str] = set()
        self._serial = 0

    def company(self, form: str = "有限公司", english: bool = False) -> tuple[str, str]:
        """Name and industry code of a company."""
        dice = self._dice
        while True:
            city, city_en = dice.pick(_CITIES)
            trade, trade_en, code = dice.pick(_TRADES)
            if english:
                name = f"{dice.pick(_BRANDS_EN)} {trade_en} ({city_en}) Co., Ltd."
            else:
                name = f"{city}{dice.pick(_BRANDS)}{dice.pick(_BRANDS)}{trade}{form}"
            if name not in self._taken:
                self._taken.add(name)
                return name, code
            english = False

    def sole_trader(self) -> tuple[str, str]:
        """Name and industry code of an individual business (个体工商户)."""
        name, code = self.company(form="经营部")
        return name, code

    def foreign(self) -> tuple[str, str]:
        """Name and country of a buyer abroad."""
        return self._dice.pick(_FOREIGN)

    def person(self) -> str:
        """Name of a person; two persons may share it, as in life."""
        dice = self._dice
        given = dice.pick(_GIVEN) + (dice.pick(_GIVEN) if dice.chance(0.7) else "")
        return dice.pick(_SURNAMES) + given

    def goods(self, industry: str) -> str:
        """Something that a company of the industry buys."""
        return self._dice.pick(_GOODS.get(industry, ("货物", "原材料", "设备")))

    def address(self) -> str:
        """A postal address."""
        city, _ = self._dice.pick(_CITIES)
        return f"{city}市{self._dice.pick(_ROADS)}{self._dice.whole(1, 999)}号{self._dice.whole(1, 30)}室"

    def uscc(self) -> str:
        """Unified social credit code with its check character (GB 32100), of region 99, which does not exist."""
        self._serial += 1
        body = f"91990000MA{self._serial:07d}"
        total = sum(_USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
        return body + _USCC[-total % 31]

    def resident_id(self, birthday: str) -> str:
        """Resident identity number with its check character (GB 11643); `birthday` is YYYYMMDD."""
        self._serial += 1
        body = f"99{self._serial // 1000 % 10000:04d}{birthday}{self._serial % 1000:03d}"
        total = sum(int(sign) * pow(2, 17 - place, 11) for place, sign in enumerate(body))
        return body + "10X98765432"[total % 11]

    def phone(self) -> str:
        """A number of an exchange that is not in use."""
        self._serial += 1
        return f"+86 100 {self._serial // 10000 % 10000:04d} {self._serial % 10000:04d}"
